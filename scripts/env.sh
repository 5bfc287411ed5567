# Sourced by the other scripts, and by hand before cargo: `. scripts/env.sh`.
# Sets where cargo builds, and with `fenliu_install` installs what a build needs and Debian 12 lacks.

# One folder outside the clone, shared by every command: RocksDB's C++ takes a quarter of an hour to compile and is then kept.
export CARGO_TARGET_DIR="${FENLIU_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/fenliu/target}"

fenliu_say() { printf '%s\n' "$*" >&2; }

fenliu_has_libclang() {
  [ -n "${LIBCLANG_PATH:-}" ] && return 0
  local place
  for place in '/usr/lib/llvm-*/lib' '/usr/lib/*-linux-gnu' /usr/lib64 /usr/lib /usr/local/lib; do
    compgen -G "$place/libclang.so*" >/dev/null && return 0
    compgen -G "$place/libclang-[0-9]*.so*" >/dev/null && return 0
  done
  return 1
}

# Prints the packages that are missing: a C++ compiler and libclang (which bindgen loads while it builds).
fenliu_missing() {
  command -v g++ >/dev/null 2>&1 || command -v clang++ >/dev/null 2>&1 || printf 'g++ '
  # The smallest set that works on Debian 12.
  fenliu_has_libclang || printf 'libclang1-14 libclang-common-14-dev '
}

# Installs what is missing; `$@`: commands beside the usual, each the name of its package too.
fenliu_install() {
  local missing tool as_root=()
  missing="$(fenliu_missing)"
  for tool in "$@"; do
    command -v "$tool" >/dev/null 2>&1 || missing+="$tool "
  done
  if ! command -v cargo >/dev/null 2>&1; then
    fenliu_say "fenliu: there is no cargo here. Install Rust 1.90 or newer (https://rustup.rs), then try again."
    return 1
  fi
  [ -n "$missing" ] || return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    fenliu_say "fenliu: these are needed, by their names in Debian: ${missing% }; and there is no apt-get to install them with."
    return 1
  fi
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
      fenliu_say "fenliu: these packages are missing; as root, run: apt-get install --no-install-recommends ${missing% }"
      return 1
    fi
    as_root=(sudo)
  fi
  fenliu_say "fenliu: installing ${missing% }"
  # Standard input is closed, so that no question can stop a run that nobody watches.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null >&2 || fenliu_say "fenliu: apt-get update failed; trying with what is known"
  # Other releases have another libclang, which the general name leads to.
  case "$missing" in
    *libclang1-14*) apt-cache show libclang1-14 >/dev/null 2>&1 || missing="${missing%libclang1-14*}libclang-dev" ;;
  esac
  # shellcheck disable=SC2086
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing </dev/null >&2; then
    fenliu_say "fenliu: could not install ${missing% }; please install them by hand and try again."
    return 1
  fi
}
