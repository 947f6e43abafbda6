#!/bin/sh
# Simulates until the model is good enough: nine samples, then eimtool suggest says where to
# simulate next and when to stop; offline --extend adds the new matrices without reading the old
# ones again. The simulator is adaptive/cooling.edp: a plate round a hole whose radius and position
# vary, with no formula for how the matrix depends on them.
#
# usage: adaptive.sh [TOLERANCE]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
eimtool=${EIMTOOL:-$here/../bin/eimtool}
case $eimtool in */*) eimtool=$(cd "$(dirname "$eimtool")" && pwd)/${eimtool##*/} ;; esac # also after cd
tolerance=${1:-1e-3}
command -v FreeFem++ >/dev/null || { echo "skipped: FreeFem++ is not installed (apt-get install freefem++)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work"

# simulate TABLE PREFIX: one matrix per line of radius,shift,flow; prints the table with their files.
simulate() {
    echo "radius,shift,flow,file"
    n=0
    awk '/^#/ { next } n++' "$1" | while IFS=, read -r radius shift flow _; do
        n=$((n + 1))
        FreeFem++ -nw -v 0 "$here/adaptive/cooling.edp" -radius "$radius" -shift "$shift" -flow "$flow" \
            -matrix "$2$n.mtx" </dev/null >&2
        echo "$radius,$shift,$flow,$2$n.mtx"
    done
}

# offline ARGUMENT...: exit code 3 is no failure here: the tolerance is not reached yet.
offline() {
    code=0
    "$eimtool" offline "$@" --tol "$tolerance" --quiet 2>log || code=$?
    [ "$code" -eq 0 ] || [ "$code" -eq 3 ] || { cat log >&2; exit "$code"; }
}

# enough: asks suggest, which exits with 3 while the tolerance is not met; the points to simulate
# next are written all the same.
enough() {
    code=0
    "$eimtool" suggest model.npz --tol "$tolerance" -n 5 -o next.csv --json --quiet >suggest.json 2>log || code=$?
    [ "$code" -eq 0 ] || [ "$code" -eq 3 ] || { cat log >&2; exit "$code"; }
    awk -v n="$used" '
        /"share":/ { share = $2 } /"worst_estimate":/ { worst = $2 }
        END { printf "%d simulations: %.0f %% of the box within the tolerance, worst estimate %.1e\n", n, 100 * share, worst }' suggest.json
    return "$code"
}

awk 'BEGIN { print "radius,shift,flow"
    for (i = 0; i < 8; i++) printf "%g,%g,%g\n", i % 2 ? 0.24 : 0.12, int(i / 2) % 2 ? 0.1 : -0.1, i < 4 ? 1 : 4
    print "0.18,0,2.5" }' >start.csv
simulate start.csv A0_ >samples.csv
offline samples.csv --keep-table -o model.npz
used=9
round=0
until enough; do
    round=$((round + 1))
    [ "$round" -le 20 ] || { echo "adaptive.sh: not met after $used simulations" >&2; exit 1; }
    simulate next.csv "A${round}_" >new.csv
    offline new.csv --extend model.npz -o next.npz
    mv next.npz model.npz
    used=$((used + $(wc -l <new.csv) - 1))
done

# The judge: matrices at parameters that no step has seen.
awk 'BEGIN { srand(1); print "radius,shift,flow"
    for (i = 0; i < 20; i++) printf "%.6f,%.6f,%.6f\n", 0.12 + 0.12 * rand(), -0.1 + 0.2 * rand(), 1 + 3 * rand() }' >points.csv
simulate points.csv T >test.csv
"$eimtool" verify model.npz test.csv --tol "$tolerance" >verify.txt
grid=
[ "$tolerance" != 1e-3 ] || grid=" instead of 144 (the smallest regular grid that suggest accepts is 6 x 6 x 4)"
echo "adaptive: $used simulations$grid, $(tail -1 verify.txt) at 20 other parameters"
