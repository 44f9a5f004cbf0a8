#!/bin/sh
# Builds agent and installs it with completions and man page under $PREFIX (default ~/.local).
#
#   ./install.sh                    build and install
#   ./install.sh --binary FILE      install a binary that was built before
#   ./install.sh --uninstall        take all of it away again; configuration and sessions stay
#
# PREFIX=/usr/local ./install.sh    somewhere else
# PROFILE=dist ./install.sh         the small binary that releases ship; takes longer to build
set -eu

prefix=${PREFIX:-${HOME:?set HOME or PREFIX}/.local}
profile=${PROFILE:-release}
binary=
uninstall=false

usage() {
    sed -n '2,9s/^# \{0,1\}//p' "$0"
}

while [ $# -gt 0 ]; do
    case $1 in
        --binary)
            [ $# -ge 2 ] || { echo "install.sh: --binary takes a file" >&2; exit 2; }
            binary=$2
            shift
            ;;
        --uninstall) uninstall=true ;;
        -h | --help) usage; exit 0 ;;
        *)
            echo "install.sh: unknown argument \`$1\`" >&2
            usage >&2
            exit 2
            ;;
    esac
    shift
done

here=$(cd "$(dirname "$0")" && pwd)

# What is installed: source (below this folder, or BINARY), mode, target below the prefix.
each() {
    "$1" BINARY 755 bin/agent
    "$1" completions/agent.bash 644 share/bash-completion/completions/agent
    "$1" completions/_agent 644 share/zsh/site-functions/_agent
    "$1" completions/agent.fish 644 share/fish/vendor_completions.d/agent.fish
    "$1" completions/agent.1 644 share/man/man1/agent.1
}

remove() {
    if [ -e "$prefix/$3" ]; then
        rm -f "$prefix/$3"
        echo "removed $prefix/$3"
    fi
}

# Beside its place first, then renamed: a running agent is not disturbed, and a full disk leaves the old file.
place() {
    source=$here/$1
    [ "$1" = BINARY ] && source=$binary
    mkdir -p "$(dirname "$prefix/$3")"
    cp "$source" "$prefix/$3.new"
    chmod "$2" "$prefix/$3.new"
    mv -f "$prefix/$3.new" "$prefix/$3"
    echo "installed $prefix/$3"
}

if $uninstall; then
    each remove
    exit 0
fi

if [ -z "$binary" ]; then
    command -v cargo >/dev/null 2>&1 || {
        echo "install.sh: cargo is not on PATH; install Rust 1.95 or later from https://rustup.rs" >&2
        exit 1
    }
    (cd "$here" && cargo build --locked --profile "$profile")
    binary=${CARGO_TARGET_DIR:-$here/target}/$profile/agent
fi
[ -f "$binary" ] || { echo "install.sh: there is no \`$binary\`" >&2; exit 1; }

each place

case :$PATH: in
    *:"$prefix/bin":*) ;;
    *) echo "put $prefix/bin on your PATH: export PATH=\"$prefix/bin:\$PATH\"" ;;
esac
echo "next: agent doctor"
