#!/bin/sh
# Times `eimtool solve A.mtx --rhs rhs.mtx` beside CHOLMOD (positive definite
# families), UMFPACK (other sparse ones) and LAPACK (dense ones) on the same
# files: alternating runs, medians, with 2 threads each and with 1. Prints one
# table; ratios are ours / peer, so below 1 is faster or smaller. Our solve and
# UMFPACK's include iterative refinement, those of CHOLMOD and LAPACK do not; the
# peer writes no x, but its process reads the same files. Processor seconds are
# of the whole process and all its threads: on a busy machine trust them more
# than the wall.
#
# FAMILIES   names known to gen_big.py (default: all six)
# RUNS       alternating runs per family and number of threads (3)
# DATA       folder of the matrices, generated where absent (bench/data/few:
#            two snapshots per family)
# EIMTOOL    the binary (bin/eimtool), PEER the driver (bin/peer), PYTHON
# NUMERIC_KEYS, SOLVE_KEYS, ANALYSIS_KEYS, FILL_KEYS   names, separated by blanks,
#            under which the JSON of eimtool may hold these figures
#
# Needs Debian's python3-numpy and, for the peers, gcc, libsuitesparse-dev and
# libopenblas-dev; without the latter our own figures are printed alone.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-/usr/bin/python3}
eimtool=${EIMTOOL:-bin/eimtool}
peer=${PEER:-bin/peer}
data=${DATA:-bench/data/few}
families=${FAMILIES:-p2d250k p3d64k c2d40k helmholtz40k conv3d30k bem1500}
runs=${RUNS:-3}

if ! "$python" -c 'import numpy' 2>/dev/null; then
    echo "bench/solve.sh: skipped, $python has no numpy (Debian: python3-numpy)"
    exit 0
fi
if ! "$eimtool" solve --help >/dev/null 2>&1; then
    echo "bench/solve.sh: skipped, $eimtool has no command solve"
    exit 0
fi
if ! make -s -C bench/peers "PEER=$(pwd)/bin/peer" 2>/dev/null && [ ! -x "$peer" ]; then
    echo "bench/solve.sh: no peer, it needs gcc, libsuitesparse-dev and libopenblas-dev"
    peer=
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
log=$work/log

# method FAMILY: the library to compare with.
method() {
    case $1 in
    p2d* | p3d*) echo cholmod ;;
    bem*) echo lapack ;;
    *) echo umfpack ;;
    esac
}

# clock: seconds of the wall and processor seconds of all children so far, as
# two words in $clock. `times` must run in this shell, not in a substitution.
clock() {
    times >"$work/times"
    clock="$(date +%s.%N) $(awk 'NR == 2 { split($1 "m" $2, t, "m"); print 60 * t[1] + t[2] + 60 * t[3] + t[4] }' "$work/times")"
}

# timed NAME COMMAND...: runs COMMAND, its stdout to $work/out, and logs the
# clocks before and after and that output as one line under NAME.
timed() {
    name=$1
    shift
    clock
    start=$clock
    if "$@" >"$work/out" 2>"$work/err"; then
        clock
        printf '%s\t%s %s\t%s\n' "$name" "$start" "$clock" "$(tr -d '\n' <"$work/out")" >>"$log"
    else
        echo "bench/solve.sh: $name failed: $(tail -n 1 "$work/err")" >&2
    fi
}

for family in $families; do
    dir=$data/$family
    if [ ! -f "$dir/rhs.mtx" ]; then
        "$python" bench/gen_big.py "$family" "$dir" --snapshots 2 --tests 1
    fi
    matrix=$dir/snap/A000.mtx
    cat "$matrix" >/dev/null # both read from the page cache
    ordering=amd
    if [ -n "$peer" ]; then
        ordering=$("$peer" -r 1 "$(method "$family")" "$dir/rhs.mtx" "$matrix" | sed 's/.*"ordering":"\([a-z]*\)".*/\1/')
    fi
    for threads in 2 1; do
        run=0
        while [ "$run" -lt "$runs" ]; do
            timed "$family $threads ours" "$eimtool" solve "$matrix" --rhs "$dir/rhs.mtx" \
                -o "$work/x.mtx" --json --timings --threads "$threads"
            if [ -n "$peer" ]; then
                timed "$family $threads peer" env "OPENBLAS_NUM_THREADS=$threads" \
                    "$peer" -r 1 -o "$ordering" "$(method "$family")" "$dir/rhs.mtx" "$matrix"
            fi
            run=$((run + 1))
        done
    done
done
[ -s "$log" ] && "$python" bench/solve_table.py "$log"
