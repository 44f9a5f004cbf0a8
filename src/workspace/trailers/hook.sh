#!/bin/sh
# Made by agent for the commands of one session. Git runs this file under the name of each hook: it runs the repository's own
# hook of that name, and keeps the trailers true that say which agent made a commit.
here=${0%/*}
name=${0##*/}
own=$(GIT_CONFIG_COUNT={{others}} git rev-parse --git-path "hooks/$name" 2>/dev/null)
case $own in "$here"/*) own= ;; esac
if [ ! -f "$own" ] || [ ! -x "$own" ]; then own=; fi

case $name in
prepare-commit-msg | commit-msg | applypatch-msg) ;;
*)
    if [ -n "$own" ]; then exec "$own" "$@"; fi
    exit 0
    ;;
esac

if [ -n "$own" ]; then "$own" "$@" || exit $?; fi
message=${1-}
if [ ! -f "$message" ]; then exit 0; fi

# A message that is empty, or a template that nobody changed, is for git to refuse.
if [ "$name" = prepare-commit-msg ] && [ "${2-}" = template ]; then exit 0; fi
words() { sed '/^[^ ]* -\{24\} >8 -\{24\}$/,$d' "$1" | git stripspace --strip-comments; }
said=$(words "$message")
if [ -z "$said" ]; then exit 0; fi
template=$(git config --type=path --get commit.template 2>/dev/null)
if [ -f "$template" ] && [ "$said" = "$(words "$template")" ]; then exit 0; fi

mark=$(git config --get core.commentString 2>/dev/null || git config --get core.commentChar 2>/dev/null)
case $mark in "" | auto) mark='#' ;; esac
model=
IFS= read -r model <"$here/model"

# Takes trailers of our names out: of the last paragraph in any form, and in our own form out of what messages were put together
# from. The first line is never touched.
fixed=$(
    LC_ALL=C awk -v mark="$mark" '
        !cut && /^[^ ]* -+ >8 -+$/ { cut = NR }
        { line[NR] = $0 }
        END {
            end = cut ? cut - 1 : NR
            for (i = 1; i <= end; i++) {
                if (line[i] ~ /^[ \t]*$/ || index(line[i], mark) == 1) continue
                if (!first) first = i
                last = i
            }
            begin = last
            while (begin > 1 && line[begin - 1] !~ /^[ \t]*$/) begin--
            for (i = 1; i <= NR; i++) {
                in_block = begin > first && i >= begin && i <= last
                named = tolower(line[i]) ~ /^agent(-session|-model)?[ \t]*:/
                made = line[i] ~ /^(Agent: agent\/|Agent-Session: |Agent-Model: )/
                goes_on = dropped && line[i] ~ /^[ \t]+[^ \t]/
                dropped = i <= end && i != first && ((in_block && named) || made || goes_on)
                if (!dropped) print line[i]
            }
        }' "$message" |
        git -c trailer.separators=: interpret-trailers --no-divider --where end --if-exists add --if-missing add \
            --trailer 'Agent: {{agent}}' --trailer 'Agent-Session: {{session}}' --trailer "Agent-Model: $model"
)
if [ -n "$fixed" ]; then printf '%s\n' "$fixed" >"$message"; fi
exit 0
