#!/usr/bin/env bash
# Prints the path of a Consul binary, the only thing on standard output, and fetches one first where there is none.
#
#   CONSUL_BIN   a binary to use as it is
#   PATH         a `consul` found there is used as it is
#   CONSUL_DEB   a local copy of the Debian package, instead of a download
#
# Otherwise Consul 1.8.7 (MPL-2.0) comes from Debian 11, through a private apt source list whose mirror is the one this
# machine already uses: nothing is installed and the system's package lists stay as they are. The package is checked by
# its SHA-256 wherever it comes from, unpacked without running its scripts, and kept in .tools/consul, which git ignores.
set -euo pipefail

readonly version='1.8.7+dfsg1-2+b3'
readonly package="consul_${version}_amd64.deb"
readonly sha256='e4e888bba104daba1d9161f49bfc52649a7e4efd45b1a7ead5bc54f2cb9c89d9'

fail() {
  echo "get-consul: $*" >&2
  exit 1
}

if [ -n "${CONSUL_BIN:-}" ]; then
  [ -f "$CONSUL_BIN" ] && [ -x "$CONSUL_BIN" ] || fail "CONSUL_BIN is '$CONSUL_BIN', which is not an executable file."
  echo "$CONSUL_BIN"
  exit 0
fi

if found=$(command -v consul); then
  echo "$found"
  exit 0
fi

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly tools="$root/.tools/consul"
readonly binary="$tools/consul-1.8.7"
readonly manual="Set CONSUL_BIN to a Consul binary, or CONSUL_DEB to a copy of $package."

if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || fail "the package is for Linux on x86-64, this is $(uname -s) on $(uname -m). Set CONSUL_BIN to a Consul binary."
for tool in dpkg flock sha256sum; do
  command -v "$tool" > /dev/null || fail "'$tool' is needed to unpack the package and is not here. $manual"
done

mkdir -p "$tools"
exec 9> "$tools/lock"
flock -w 300 9 || fail "another process has been fetching Consul for five minutes (lock: $tools/lock)."

# Another process may have finished while this one waited.
if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi

work=$(mktemp -d "$tools/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

check() {
  local actual
  actual=$(sha256sum < "$1" | cut -d ' ' -f 1)
  [ "$actual" = "$sha256" ] || fail "'$1' has the SHA-256 $actual, expected $sha256."
}

# The mirrors in apt's own configuration, both formats, disabled entries left out. A mirror of Debian itself usually
# ends in /debian, so those come first; security archives do not carry the package.
mirrors() {
  local parts=/etc/apt/sources.list.d
  {
    { cat /etc/apt/sources.list "$parts"/*.list 2> /dev/null || true; } |
      sed -nE 's/^[[:space:]]*deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+)[[:space:]].*/\2/p'
    for file in "$parts"/*.sources; do
      [ -r "$file" ] || continue
      awk 'BEGIN { RS = ""; FS = "\n" }
           {
             uris = ""; enabled = 1; inside = 0
             for (i = 1; i <= NF; i++) {
               line = $i
               if (line ~ /^#/) continue
               if (line ~ /^[[:space:]]/) { if (inside) uris = uris " " line; continue }
               inside = 0
               if (tolower(line) ~ /^uris:/) { inside = 1; sub(/^[^:]*:/, "", line); uris = uris " " line }
               else if (tolower(line) ~ /^enabled:[[:space:]]*(no|false|0|off|without|disable)/) enabled = 0
             }
             count = split(uris, parts, /[[:space:]]+/)
             for (i = 1; enabled && i <= count; i++) if (parts[i] != "") print parts[i]
           }' "$file"
    done
  } | awk '!/security/ { print ($0 ~ /\/debian\/?$/ ? 0 : 1) "\t" NR "\t" $0 }' | sort -n -k 1,1 -k 2,2 | cut -f 3 | awk '!seen[$0]++'
}

download() {
  local mirror=$1 log=$2 trust
  # The package is pinned by its SHA-256, so a machine without Debian's keyring loses nothing.
  trust='trusted=yes'
  for keyring in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp; do
    [ -r "$keyring" ] && trust="signed-by=$keyring" && break
  done

  rm -rf "$work/apt"
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
  echo "deb [$trust] $mirror bullseye main" > "$work/apt/sources.list"
  local options=(
    -o "Dir::Etc::SourceList=$work/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$work/apt/lists" -o "Dir::Cache=$work/apt/cache"
    -o APT::Architecture=amd64 -o APT::Architectures::=amd64 -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false
    -o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o APT::Sandbox::User=root
  )
  apt-get "${options[@]}" update > "$log" 2>&1 &&
    (cd "$work" && apt-get "${options[@]}" download "consul=$version" >> "$log" 2>&1) &&
    [ -f "$work/$package" ]
}

if [ -n "${CONSUL_DEB:-}" ]; then
  [ -r "$CONSUL_DEB" ] || fail "CONSUL_DEB is '$CONSUL_DEB', which cannot be read."
  deb=$CONSUL_DEB
else
  command -v apt-get > /dev/null || fail "apt-get is not here to download the package. $manual"
  deb=
  tried=0
  while IFS= read -r mirror; do
    tried=$((tried + 1))
    if download "$mirror" "$work/apt.log"; then
      deb="$work/$package"
      break
    fi
    # Whatever stands before an @ in a mirror's address may be a password.
    echo "get-consul: nothing from mirror $tried of apt's configuration: $(grep -E '^(E|Err|W):?' "$work/apt.log" | tail -n 1 | sed -E 's#//[^/@ ]*@#//#g')" >&2
  done < <(mirrors)
  [ -n "$deb" ] || fail "none of the $tried mirrors in apt's configuration gave Debian 11's package consul $version. $manual"
fi

check "$deb"
dpkg -x "$deb" "$work/unpacked" || fail "'$deb' could not be unpacked. $manual"
mv "$work/unpacked/usr/bin/consul" "$binary"
echo "$binary"
