# shellcheck shell=bash
# The Python environments: one for tests and checks, one for each Home Assistant that is run for real.
# Each is named after what it is made of, so a changed requirement makes a new one and the old one goes
# on serving those who use it. Each function sets ENV_PYTHON.

# shellcheck source=scripts/lib/python.sh
source "$(dirname "${BASH_SOURCE[0]}")/python.sh"

group() { "$PYTHON" "$LIB/groups.py" "$1"; }

pip_install() {
  local python="$1"
  shift
  "$UV" --quiet --no-config pip install --python "$python" "$@"
}

new_env() {
  ensure_uv || die "uv, which makes the environments, could not be installed ($CACHE/pip.log)"
  "$UV" --quiet --no-config venv --allow-existing --python "$PYTHON" "$1"
}

test_env() {
  find_python
  local key
  key="$({ echo "$PYTHON" && cat "$LIB/env.sh" "$ROOT/requirements_test.txt"; } | hash)"
  once "$CACHE/env/test-$key" make_test_env || die "the test environment could not be made"
  ENV_PYTHON="$CACHE/env/test-$key/bin/python"
}

make_test_env() {
  say "Making the test environment (once)"
  new_env "$1" && pip_install "$1/bin/python" -r "$ROOT/requirements_test.txt"
}

# The version of Home Assistant that the test plugin chose. Call test_env first.
tested_version() {
  local info
  for info in "${ENV_PYTHON%/bin/python}"/lib/python3.*/site-packages/homeassistant-*.dist-info; do
    info="${info##*/homeassistant-}"
    echo "${info%.dist-info}"
  done
}

# The version of Home Assistant that the demo runs.
demo_version() { sed -n 's/^ *"homeassistant==\([^"]*\)",$/\1/p' "$ROOT/pyproject.toml"; }

# ha_env VERSION: the demo's environment, on a version of Home Assistant.
ha_env() {
  find_python
  local version="$1" requirements key
  requirements="$(group demo | grep -v '^homeassistant==')"$'\n'"homeassistant==$version"
  key="$({
    printf '%s\n' "$PYTHON" "$requirements"
    cat "$LIB/env.sh" "$LIB/ha_requirements.py" "$ROOT/custom_components/mqtt_sentinel/manifest.json"
    sed -n '/^components = \[/,/^\]/p' "$ROOT/pyproject.toml"
  } | hash)"
  once "$CACHE/env/ha-$version-$key" make_ha_env "$version" "$requirements" ||
    die "the environment with Home Assistant $version could not be made"
  ENV_PYTHON="$CACHE/env/ha-$version-$key/bin/python"
}

make_ha_env() {
  local version="$1" requirements="$2" dir="$3" constraints
  say "Making an environment with Home Assistant $version (once)"
  new_env "$dir" && pip_install "$dir/bin/python" "homeassistant==$version" || return
  constraints="$(echo "$dir"/lib/python3.*/site-packages/homeassistant/package_constraints.txt)"
  {
    echo "$requirements"
    "$dir/bin/python" "$LIB/ha_requirements.py" || return
  } >"$dir/requirements.txt"
  compiler || return
  pip_install "$dir/bin/python" -r "$dir/requirements.txt" -c "$constraints"
}

# Two packages without which the user interface does not load, pymicro-vad and pyspeex-noise, come as
# C++ source only. Where there is no compiler, one comes from PyPI too.
compiler() {
  if type -P cc c++ >/dev/null; then
    export CC=cc CXX=c++
    return
  fi
  once "$CACHE/tools/zig" make_compiler || return
  export CC="$CACHE/tools/zig/bin/cc" CXX="$CACHE/tools/zig/bin/c++"
  export ZIG_GLOBAL_CACHE_DIR="$CACHE/tools/zig/cache" ZIG_LOCAL_CACHE_DIR="$CACHE/tools/zig/cache"
}

make_compiler() {
  local dir="$1" name
  say "There is no C++ compiler here: fetching one (once; building with it takes a minute or two)"
  "$UV" --quiet --no-config pip install --python "$PYTHON" --target "$dir" "$(group compiler)" || return
  mkdir -p "$dir/bin"
  for name in cc c++; do
    # Zig's linker refuses one harmless option that Debian's Python was built with.
    cat >"$dir/bin/$name" <<WRAPPER
#!/usr/bin/env bash
exec "$dir/ziglang/zig" $name "\${@/#-Wl,-Bsymbolic-functions/-O2}"
WRAPPER
    chmod +x "$dir/bin/$name"
  done
}
