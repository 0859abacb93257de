#!/bin/sh
# Installs, upgrades or uninstalls open-asr-server for the current user. Needs no root. See `usage` for the options.

set -eu

base_url='@BASE_URL@'
version='@VERSION@'
program=open-asr-server

usage() {
  cat <<END
Usage: sh install.sh [--version V] [--dir FOLDER]
       sh install.sh --uninstall [--dir FOLDER]

  --version V    Install this version (default: $version)
  --dir FOLDER   Folder of the program (default: ~/.local/bin)
  --uninstall    Remove the service, the unpacked libraries and the program
END
}

main() {
  action=install_program
  folder=
  while [ $# -gt 0 ]; do
    case $1 in
      --version | --dir)
        [ -n "${2:-}" ] || fail "$1 needs a value"
        if [ "$1" = --version ]; then version=${2#v}; else folder=$2; fi
        shift
        ;;
      --uninstall) action=uninstall_program ;;
      -h | --help)
        usage
        return
        ;;
      *) fail "Unknown option $1: expected --version, --dir, --uninstall or --help" ;;
    esac
    shift
  done
  default_folder=${HOME:-}/.local/bin
  [ -n "$folder" ] || [ -n "${HOME:-}" ] || fail 'HOME is not set: choose a folder with --dir'
  folder=${folder:-$default_folder}
  case $folder in
    /*) ;;
    *) folder=$PWD/$folder ;;
  esac
  "$action"
}

install_program() {
  target=$(find_target)
  name=$program-v$version-$target
  release=$base_url/v$version
  [ ! -d "$folder/$program" ] || fail "$folder/$program is a folder: choose another folder with --dir"

  staging=
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  mkdir -p "$folder" || fail "Cannot create $folder: choose another folder with --dir"
  # The staging folder is on the disk of the program, so that `mv` replaces the program in one step.
  staging=$(mktemp -d "$folder/.$program-install.XXXXXX") ||
    fail "Cannot write to $folder: choose another folder with --dir"

  download "$release/SHA256SUMS" "$staging/SHA256SUMS"
  expected=$(listed_sum "$name.tar.gz")
  [ -n "$expected" ] || fail "Version $version has no program for $target"
  say "Downloading $release/$name.tar.gz"
  download "$release/$name.tar.gz" "$staging/archive"
  found=$(sum_of "$staging/archive")
  [ "$found" = "$expected" ] ||
    fail "$name.tar.gz has the SHA-256 $found instead of $expected. Nothing is installed"
  tar -xzof "$staging/archive" -C "$staging" "$name/$program" || fail "Cannot unpack $name.tar.gz"
  new=$staging/$name/$program
  chmod 755 "$new"
  installed=$("$new" --version) ||
    fail "The program does not start on this system. On Linux, it needs glibc. Nothing is installed"

  upgraded=
  [ ! -e "$folder/$program" ] || upgraded=yes
  mv -f "$new" "$folder/$program"
  say "$program $installed is installed: $folder/$program"
  [ -z "$upgraded" ] || say 'A server that runs keeps the old version until it is restarted'
  case :$PATH: in
    *:"$folder":*) say "Start it: $program serve" ;;
    *)
      say "$folder is not in PATH. Add it: export PATH=\"$folder:\$PATH\""
      say "Start the server: $folder/$program serve"
      ;;
  esac
}

uninstall_program() {
  [ -e "$folder/$program" ] || fail "There is no $folder/$program"
  "$folder/$program" service remove >/dev/null ||
    say 'Warning: the service is not removed, if there is one'
  rm -f "$folder/$program"
  # An installation that was killed leaves its staging folder.
  rm -rf "$folder/.$program-install."*
  remove_empty_folders
  [ -z "${HOME:-}" ] || remove_from_home
  say "$folder/$program is removed. Downloaded models and the configuration file stay"
}

# Removes the unpacked libraries and the log of the service, and the folders of programs that are then empty.
remove_from_home() {
  cache=${XDG_CACHE_HOME:-$HOME/.cache}
  config=${XDG_CONFIG_HOME:-$HOME/.config}
  rm -rf "${cache:?}/$program" "$HOME/Library/Caches/$program"
  rm -f "$HOME/Library/Logs/$program.log"
  rmdir "$cache" "$config/systemd/user" "$config/systemd" "$config" 2>/dev/null || true
}

# Prints the platform of this machine as in the names of the archives.
find_target() {
  system=$(uname -s)
  machine=$(uname -m)
  # On a Mac with Apple silicon, a shell under Rosetta reports x86_64.
  if [ "$system" = Darwin ] && [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" = 1 ]; then
    machine=arm64
  fi
  case $system-$machine in
    Linux-x86_64 | Linux-amd64) echo linux-x64 ;;
    Linux-aarch64 | Linux-arm64) echo linux-arm64 ;;
    Darwin-arm64) echo darwin-arm64 ;;
    *) fail "There is no program for $system on $machine" ;;
  esac
}

download() {
  if command -v curl >/dev/null 2>&1; then
    curl --fail --silent --show-error --location --retry 2 --output "$2" "$1"
  elif command -v wget >/dev/null 2>&1; then
    wget -q -O "$2" "$1"
  else
    fail 'Cannot download: install curl or wget'
  fi || fail "Cannot download $1: check the network, and whether version $version exists"
}

# Prints the SHA-256 that SHA256SUMS has for a file, or nothing.
listed_sum() {
  while read -r sum file; do
    if [ "$file" = "$1" ]; then echo "$sum"; fi
  done <"$staging/SHA256SUMS"
}

sum_of() {
  if command -v sha256sum >/dev/null 2>&1; then
    line=$(sha256sum <"$1")
  elif command -v shasum >/dev/null 2>&1; then
    line=$(shasum -a 256 <"$1")
  else
    fail 'Cannot verify the download: install sha256sum or shasum'
  fi
  echo "${line%% *}"
}

clean_up() {
  [ -z "$staging" ] || rm -rf "$staging"
  remove_empty_folders
}

# Removes ~/.local/bin and ~/.local if they are empty. A folder of --dir stays.
remove_empty_folders() {
  [ "$folder" != "$default_folder" ] || rmdir "$folder" "${folder%/*}" 2>/dev/null || true
}

say() {
  printf '%s\n' "$1"
}

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit 1
}

# The last line starts the work, so that a shell that reads an incomplete script does nothing.
main "$@"
