#!/bin/sh
# Try the two commands as a stranger would: a new clone of the last commit, an empty home and cache.
set -eu
here=$(git rev-parse --show-toplevel)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
git clone --quiet "$here" "$folder/clone"
mkdir "$folder/home"
cd "$folder/clone"
for target in run run test; do
	echo "== make $target"
	env -u XDG_CACHE_HOME -u VIRTUAL_ENV HOME="$folder/home" make --no-print-directory "$target"
done
