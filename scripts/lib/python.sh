# shellcheck shell=bash
# A Python that Home Assistant runs on, without root: the machine's own, else one that uv fetches,
# else Debian's packages unpacked into the cache. Sets PYTHON.

# shellcheck source=scripts/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=scripts/lib/debian.sh
source "$LIB/debian.sh"
# shellcheck source=scripts/lib/uv.sh
source "$LIB/uv.sh"

PYTHON_NEEDED="3.14.2"

# usable PYTHON: prints its real path. Running it is the only honest test: a pyenv shim is there, and
# fails, for every version that some pyenv on the machine has. The headers are asked for because two
# packages that Home Assistant needs come as source only.
usable() {
  "$1" - "$PYTHON_NEEDED" 2>/dev/null <<'PYTHON'
import os, sys, sysconfig
needed = tuple(int(part) for part in sys.argv[1].split("."))
ok = needed <= sys.version_info[:3] < (needed[0], needed[1] + 1)
ok = ok and os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h"))
print(sys.executable) if ok else sys.exit(1)
PYTHON
}

python_on_path() {
  local name path
  for name in python3.14 python3 python; do
    while read -r path; do
      usable "$path" && return
    done < <(type -ap "$name")
  done
  return 1
}

# Where only package registries can be reached this fails, so it has to fail fast.
python_from_uv() {
  local dir="$CACHE/python/uv" path
  say "Python $PYTHON_NEEDED or newer is not here, asking uv for it"
  ensure_uv || return
  UV_PYTHON_INSTALL_DIR="$dir" UV_HTTP_CONNECT_TIMEOUT=8 UV_HTTP_RETRIES=0 \
    "$UV" --quiet --no-config python install --no-bin --managed-python 3.14 2>"$CACHE/uv.log" || {
    say "  uv could not get it ($CACHE/uv.log)"
    return 1
  }
  for path in "$dir"/cpython-3.14*/bin/python3.14; do
    usable "$path" && return
  done
  return 1
}

python_from_debian() {
  once "$CACHE/python/debian" debian_python || return
  usable "$CACHE/python/debian/usr/bin/python3.14"
}

find_python() {
  local found="$CACHE/python/path"
  if ! { [[ -e $found ]] && PYTHON="$(usable "$(<"$found")")"; }; then
    PYTHON="$(python_on_path || python_from_uv || python_from_debian)" ||
      die "Home Assistant needs Python $PYTHON_NEEDED or a newer 3.14 with its headers, and there was no" \
        "way to get one here. Install python3.14 and python3.14-dev (or uv, with a way to its downloads)" \
        "and start this again."
    mkdir -p "$CACHE/python"
    printf '%s\n' "$PYTHON" >"$found"
  fi
  # Debian's headers include each other by paths below usr/include.
  if [[ $PYTHON == "$CACHE"/python/debian/* ]]; then
    export CPATH="$CACHE/python/debian/usr/include"
  fi
}
