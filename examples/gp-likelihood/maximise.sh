#!/bin/sh
# Maximises the log likelihood of y.mtx over (length, nugget): tables of points in,
# log det A and y'A^-1 y out, and a finer table round the best point, until the
# points are a ten thousandth apart. Prints length, nugget and log likelihood.
#
# usage: maximise.sh [model.npz]    makes the bundle (demo/gp-likelihood.npz) unless it is there
set -eu
here=$(cd "$(dirname "$0")" && pwd)
eimtool=${EIMTOOL:-$here/../../bin/eimtool}
model=${1:-$here/../../demo/gp-likelihood.npz}
n=200
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

mkdir -p "$(dirname "$model")"
[ -f "$model" ] || "$eimtool" offline "$here/../../testdata/families/gp-kernel/samples.csv" \
    --logdet --rhs "$here/y.mtx" --quantity "$here/y.mtx" -o "$model" --quiet

# grid L0 L1 S0 S1: a table of 11 x 11 points, equidistant in log length and log nugget.
grid() {
    awk -v a="$1" -v b="$2" -v c="$3" -v d="$4" 'BEGIN {
        print "length,nugget"
        for (i = 0; i < 11; i++) for (j = 0; j < 11; j++)
            printf "%.15g,%.15g\n", exp(log(a) + (log(b) - log(a)) * i / 10), exp(log(c) + (log(d) - log(c)) * j / 10)
    }'
}

l0=0.103 l1=0.599 s0=0.00107 s1=0.0998 # inside the box of the samples
round=0
while [ "$round" -lt 8 ]; do
    grid "$l0" "$l1" "$s0" "$s1" >"$work/grid.csv"
    "$eimtool" logdet "$model" --at "$work/grid.csv" -o "$work/logdet.csv" --quiet
    "$eimtool" solve "$model" --at "$work/grid.csv" --quantity "$here/y.mtx" -o "$work/solve.csv" --quiet
    paste -d, "$work/logdet.csv" "$work/solve.csv" | awk -F, -v n="$n" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }      # error_estimate and method occur twice
        { l = -($at["value"] + $at["logabsdet"] + n * log(2 * atan2(0, -1))) / 2
          if (NR == 2 || l > best) { best = l; where = $1 " " $2 } }
        END { printf "%s %.12g\n", where, best }' >"$work/best"
    read -r length nugget value <"$work/best"
    # the next table: one and a half steps of this one to either side
    next=$(awk -v l="$length" -v s="$nugget" -v a="$l0" -v b="$l1" -v c="$s0" -v d="$s1" '
        function lower(x, lo, hi, y) { y = x * exp(-1.5 * log(hi / lo) / 10); return y < lo ? lo : y }
        function upper(x, lo, hi, y) { y = x * exp(1.5 * log(hi / lo) / 10); return y > hi ? hi : y }
        BEGIN { printf "%.15g %.15g %.15g %.15g", lower(l, a, b), upper(l, a, b), lower(s, c, d), upper(s, c, d) }')
    # shellcheck disable=SC2086 # four words
    set -- $next
    l0=$1 l1=$2 s0=$3 s1=$4
    round=$((round + 1))
done
awk -v l="$length" -v s="$nugget" -v v="$value" 'BEGIN { printf "%.6f %.6f %.5f\n", l, s, v }'
