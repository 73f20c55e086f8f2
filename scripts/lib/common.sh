# shellcheck shell=bash
# What every script needs: where things are, how to say something, how to do a slow thing once.

set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
# shellcheck disable=SC2034 # used by those who source this
LIB="$ROOT/scripts/lib"

# Everything that takes time to make is kept here, outside the checkout. It may be deleted at any time.
CACHE="${MQTT_SENTINEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mqtt-sentinel}"
mkdir -p "$CACHE"
CACHE="$(cd "$CACHE" && pwd)"

# Home Assistant starts twice as fast from compiled modules; they too are kept in the cache.
export PYTHONDONTWRITEBYTECODE="" PYTHONPYCACHEPREFIX="$CACHE/pycache"

# Standard output belongs to what the user asked for; progress goes beside it.
say() { printf '%s\n' "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# hash < INPUT: a short name for it. cksum is on every machine.
hash() { cksum | tr ' ' '-'; }

# once DIR COMMAND [ARG...]: fills DIR by calling COMMAND ARG... DIR, unless that has been done.
# A half-made DIR has no mark and is made anew. Of two scripts that start at once, one makes it and
# the other waits (where there is no flock, as on macOS, start the first one alone).
once() {
  local dir="$1"
  shift
  [[ -e $dir/.complete ]] && return
  mkdir -p "$(dirname "$dir")"
  (
    if type -P flock >/dev/null; then flock 9; fi
    [[ -e $dir/.complete ]] && exit
    rm -rf "$dir"
    mkdir "$dir"
    "$@" "$dir" || exit
    touch "$dir/.complete"
  ) 9>"$dir.lock"
}
