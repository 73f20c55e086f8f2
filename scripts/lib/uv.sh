# shellcheck shell=bash
# uv makes the environments: it is quick, and needs neither pip nor ensurepip in the Python it serves.
# Sets UV. Sourced by python.sh.

UV_NEEDED="0.9.17" # the first that knows Python 3.14.2

ensure_uv() {
  export UV_CACHE_DIR="$CACHE/uv"
  # Trust whom the machine trusts, such as a company's proxy; without such a list, uv brings its own.
  [[ ! -s /etc/ssl/certs/ca-certificates.crt ]] || export UV_SYSTEM_CERTS=1
  local version
  if UV="$(type -P uv)" && version="$("$UV" --version 2>/dev/null)" &&
    [[ $(printf '%s\n' "$UV_NEEDED" "$(cut -d' ' -f2 <<<"$version")" | sort -V | head -n1) == "$UV_NEEDED" ]]; then
    return
  fi
  once "$CACHE/tools/uv" uv_by_pip || return
  UV="$CACHE/tools/uv/bin/uv"
}

uv_by_pip() {
  local dir="$1" python
  for python in python3.14 python3 python; do
    pip_install_uv "$python" "$dir" && return
    # A Python without pip can often make an environment that has one.
    "$python" -m venv "$dir/venv" &>/dev/null && pip_install_uv "$dir/venv/bin/python" "$dir" && return
  done
  once "$CACHE/python/debian" debian_python &&
    pip_install_uv "$CACHE/python/debian/usr/bin/python3.14" "$dir"
}

pip_install_uv() {
  "$1" -m pip --version &>/dev/null &&
    PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
      "$1" -m pip --quiet install --target "$2" "uv>=$UV_NEEDED" >"$CACHE/pip.log" 2>&1
}
