#!/bin/sh
# Makes the folder from which an image is built, from the archives of a release for Linux.
#
# Usage: context.sh RELEASE FOLDER

set -eu

release=$1
folder=$2
found=
mkdir -p "$folder/cache" "$folder/models"
for archive in "$release"/open-asr-server-v*-linux-*.tar.gz; do
  case $archive in
    *-linux-x64.tar.gz) platform=amd64 ;;
    *-linux-arm64.tar.gz) platform=arm64 ;;
    *) continue ;;
  esac
  mkdir -p "$folder/$platform"
  tar -xzf "$archive" -C "$folder/$platform" --strip-components=1
  found=yes
done
if [ -z "$found" ]; then
  echo "context.sh: $release has no archive open-asr-server-v*-linux-*.tar.gz" >&2
  exit 1
fi
