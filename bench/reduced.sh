#!/bin/sh
# Times the solution of one 2-D family (linear finite elements) at growing sizes:
# `offline --rhs`, then per mu a factorisation (--method direct), the reduced
# basis with x written (--method reduced), and --quantity alone with and without
# its estimate. Start-up is taken off: seconds per mu are those of a table of many
# points less those of one point. Prints one table; the last two columns say how
# many times faster than direct a quantity is, which should not fall with n.
#
# SIDES    unknowns per side (50 100 200 350 500: n = 2 500 ... 250 000)
# POINTS   rows of the table for --quantity (1000)
# WRITTEN  points for which x is written (10), DIRECT those factorised (3) at
#          n = 250 000; more at smaller n, up to 300, so that start-up matters less
# SAMPLES  snapshots per family (24)
# DATA, EIMTOOL, PYTHON   as in solve.sh
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-/usr/bin/python3}
eimtool=${EIMTOOL:-bin/eimtool}
data=${DATA:-bench/data}
sides=${SIDES:-50 100 200 350 500}
points=${POINTS:-1000}
written=${WRITTEN:-10}
direct=${DIRECT:-3}
samples=${SAMPLES:-24}

if ! "$python" -c 'import numpy' 2>/dev/null; then
    echo "bench/reduced.sh: skipped, $python has no numpy (Debian: python3-numpy)"
    exit 0
fi
if ! "$eimtool" solve --help >/dev/null 2>&1; then
    echo "bench/reduced.sh: skipped, $eimtool has no command solve"
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# table N FILE: N points of the box of the family, spread by the golden ratio.
table() {
    awk -v n="$1" 'BEGIN {
        print "a"
        for (i = 1; i <= n; i++) { t = i * 0.6180339887498949; printf "%.17g\n", 0.2 + 0.6 * (t - int(t)) }
    }' >"$2"
}

# seconds COMMAND...: wall seconds of COMMAND, `nan` when it fails.
seconds() {
    start=$(date +%s.%N)
    if "$@" >"$work/out" 2>"$work/err"; then
        awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.6f", b - a }'
    else
        echo "bench/reduced.sh: $1 $2 failed: $(tail -n 1 "$work/err")" >&2
        printf nan
    fi
}

# per_point N FLAGS...: seconds per point of solve with FLAGS at N more points.
per_point() {
    count=$1
    shift
    rm -rf "$work/x"
    mkdir "$work/x"
    table 1 "$work/one.csv"
    table "$((count + 1))" "$work/many.csv"
    first=$(seconds "$eimtool" solve "$work/room.npz" --at "$work/one.csv" --quiet "$@")
    all=$(seconds "$eimtool" solve "$work/room.npz" --at "$work/many.csv" --quiet "$@")
    rm -rf "$work/x"
    awk -v a="$first" -v b="$all" -v n="$count" 'BEGIN { if (a == "nan" || b == "nan") print "nan"; else printf "%.3g", (b - a) / n }'
}

# at_size N COUNT: COUNT at n = 250 000, in proportion more below, at most 300.
at_size() { awk -v n="$1" -v c="$2" 'BEGIN { k = int(c * 250000 / n); if (k < c) k = c; if (k > 300) k = 300; print k }'; }

# faster SLOW FAST: their ratio, `-` without two positive numbers.
faster() {
    awk -v a="$1" -v b="$2" 'BEGIN { if (a == "nan" || b == "nan" || a <= 0 || b <= 0) print "-"; else printf "%.0f", a / b }'
}

line='%8s %10s %12s %12s %12s %12s %10s %10s\n'
# shellcheck disable=SC2059 # the format is a constant
printf "$line" n offline direct reduced+x quantity no-estimate gain gain
for side in $sides; do
    dir=$data/p2d$side
    if [ ! -f "$dir/rhs.mtx" ]; then
        "$python" bench/gen_big.py p2d250k "$dir" --size "$side" --snapshots "$samples" --tests 1
    fi
    n=$((side * side))
    awk -v n="$n" 'BEGIN { print "%%MatrixMarket matrix array real general"; print n, 1; for (i = 0; i < n; i++) print 1 / n }' >"$work/c.mtx"
    offline=$(seconds "$eimtool" offline "$dir/samples.csv" --rhs "$dir/rhs.mtx" -o "$work/room.npz" --quiet)
    x=$work/x/x_{index}.mtx
    d=$(per_point "$(at_size "$n" "$direct")" --method direct -o "$x")
    r=$(per_point "$(at_size "$n" "$written")" --method reduced -o "$x")
    q=$(per_point "$points" --method reduced --quantity "$work/c.mtx" -o "$work/q.csv")
    e=$(per_point "$points" --method reduced --quantity "$work/c.mtx" --no-estimate -o "$work/q.csv")
    # shellcheck disable=SC2059
    printf "$line" "$n" "$offline" "$d" "$r" "$q" "$e" "$(faster "$d" "$q")" "$(faster "$d" "$e")"
done
