#!/bin/sh
# Copies a folder away, and forgets old copies.
set -eu

SOURCE=${1:?"which folder?"}
TARGET=${2:-/var/backups}
KEEP=7

say() {
    printf '%s: %s\n' "$(date +%H:%M)" "$*" >&2
}

fail() {
    say "error: $*"
    exit 1
}

[ -d "$SOURCE" ] || fail "no folder $SOURCE"
[ -d "$TARGET" ] || fail "no folder $TARGET"

name=$(basename "$SOURCE")
stamp=$(date +%Y%m%d-%H%M%S)
file="$TARGET/$name-$stamp.tar.gz"

say "copying $SOURCE"
if tar -czf "$file.part" -C "$SOURCE" .; then
    mv "$file.part" "$file"
    say "made $file"
else
    rm -f "$file.part"
    fail "cannot copy $SOURCE"
fi

count=0
for old in $(ls -1r "$TARGET" | grep "^$name-[0-9]*-[0-9]*\.tar\.gz\$"); do
    count=$((count + 1))
    if [ "$count" -gt "$KEEP" ]; then
        say "forgetting $old"
        rm -f "$TARGET/$old"
    fi
done

case "$count" in
    0) fail "the copy is not there" ;;
    1) say "the first copy" ;;
    *) say "$count copies" ;;
esac
