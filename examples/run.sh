#!/bin/sh
# Runs the examples: each NAME/run.sh and NAME.sh beside this file, or those that are named.
# An example whose simulator is not installed says so and is skipped (its exit code 77).
#
# usage: run.sh [NAME...]       EIMTOOL: the tool, default bin/eimtool (make build)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
EIMTOOL=${EIMTOOL:-$here/../bin/eimtool}
export EIMTOOL
command -v "$EIMTOOL" >/dev/null || { echo "run.sh: no $EIMTOOL: make build, or set EIMTOOL" >&2; exit 1; }

if [ $# -eq 0 ]; then
    for script in "$here"/*/run.sh "$here"/*.sh; do
        name=${script#"$here"/}
        name=${name%/run.sh}
        name=${name%.sh}
        [ "$name" = run ] || set -- "$@" "$name"
    done
fi

failed=
for name; do
    script=$here/$name/run.sh
    [ -f "$script" ] || script=$here/$name.sh
    if [ ! -f "$script" ] || [ "$name" = run ]; then
        echo "run.sh: no example $name" >&2
        exit 2
    fi
    echo "== $name"
    code=0
    sh "$script" || code=$?
    case $code in
    0 | 77) ;; # 77: skipped, the reason is printed
    *) failed="$failed $name"; echo "== $name FAILED with exit code $code" ;;
    esac
done
[ -z "$failed" ] || { echo "run.sh: failed:$failed" >&2; exit 1; }
