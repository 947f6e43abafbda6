#!/bin/sh
# A wrong plan and how it shows. With -speed, plate.edp adds artificial diffusion that depends
# on speed and conductivity together. A plan that knows of conductivity and speed only gives
# wrong matrices: verify against a few of the code's own says so. With the missing function,
# which uses the size h of the triangles as one more column of the points, they are right.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
eimtool=${EIMTOOL:-$here/../../bin/eimtool}
case $eimtool in */*) eimtool=$(cd "$(dirname "$eimtool")" && pwd)/${eimtool##*/} ;; esac # also after cd
command -v FreeFem++ >/dev/null || { echo "skipped: FreeFem++ is not installed (apt-get install freefem++)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work"

simulate() { FreeFem++ -nw -v 0 "$here/plate.edp" -width 0.5 "$@"; }

# fill PLAN PREFIX: simulates what the plan asks for and prints the filled table.
fill() {
    echo "spot,speed,file"
    n=0
    awk '/^#/ { next } n++' "$1" | while IFS=, read -r spot speed _; do
        n=$((n + 1))
        simulate -spot "$spot" -speed "$speed" -matrix "$2$n.mtx" </dev/null
        echo "$spot,$speed,$2$n.mtx"
    done
}

awk 'BEGIN { print "spot,speed"
    for (i = 0; i <= 12; i++) for (j = 0; j <= 12; j++) printf "%.12g,%.12g\n", 0.7 + 0.05 * i, 5 + 2.5 * j }' >candidates.csv
simulate -speed 5 -points points.csv

echo "spot,speed,file" >test.csv
i=0
for mu in 0.7321,7.77 0.9876,21.3 1.2345,33.3; do
    i=$((i + 1))
    simulate -spot "${mu%,*}" -speed "${mu#*,}" -matrix "T$i.mtx"
    echo "$mu,T$i.mtx" >>test.csv
done

conductivity='1 + 4*exp(-((x-spot)^2 + (y-0.5)^2)/0.25)'

"$eimtool" plan candidates.csv --at-points points.csv --function "$conductivity" --function speed --tol 1e-6 -o wrong.csv --quiet
fill wrong.csv W >wrong_samples.csv
"$eimtool" offline wrong_samples.csv --plan wrong.csv -o wrong.npz --quiet
code=0
"$eimtool" verify wrong.npz test.csv --tol 1e-5 || code=$?
[ "$code" -eq 3 ] || { echo "nonlinear.sh: verify should have refused the plan, exit code $code" >&2; exit 1; }

"$eimtool" plan candidates.csv --at-points points.csv --function "$conductivity" --function speed \
    --function "(speed*h/2)^2/($conductivity + speed*h/2)" --tol 1e-6 -o right.csv --quiet
fill right.csv R >right_samples.csv
"$eimtool" offline right_samples.csv --plan right.csv -o right.npz --quiet
"$eimtool" verify right.npz test.csv --tol 1e-5
echo "freefem, artificial diffusion: left out of the plan, refused by verify; in the plan," \
    "$(($(wc -l <right_samples.csv) - 1)) simulations instead of $(($(wc -l <candidates.csv) - 1))"
