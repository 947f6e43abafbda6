#!/bin/sh
# The conductivity of plate.edp is known: eimtool plan says from the formula alone which of the
# 441 candidates to simulate. Only those are simulated; matrices and solutions at new parameters
# are then compared with FreeFEM's own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
eimtool=${EIMTOOL:-$here/../../bin/eimtool}
case $eimtool in */*) eimtool=$(cd "$(dirname "$eimtool")" && pwd)/${eimtool##*/} ;; esac # also after cd
command -v FreeFem++ >/dev/null || { echo "skipped: FreeFem++ is not installed (apt-get install freefem++)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work"

simulate() { FreeFem++ -nw -v 0 "$here/plate.edp" "$@"; }

# Candidates, from the grid that one would have simulated otherwise.
awk 'BEGIN { print "spot,width"
    for (i = 0; i <= 20; i++) for (j = 0; j <= 20; j++) printf "%.12g,%.12g\n", 0.7 + 0.03 * i, 0.4 + 0.02 * j }' >candidates.csv

# Where FreeFEM samples the conductivity, and the right-hand side: no matrix is needed.
simulate -points points.csv -rhs b.mtx
"$eimtool" plan candidates.csv --at-points points.csv --tol 1e-6 -o plan.csv \
    --function '1 + 4*exp(-((x-spot)^2 + (y-0.5)^2)/width^2)'

# Simulate what the plan asks for, and fill in the file names.
awk -F, '/^#/ { next } ++n == 1 { print; next } { print $1 "," $2 ",A" n - 1 ".mtx" }' plan.csv >samples.csv
{
    read -r _
    while IFS=, read -r spot width file; do
        simulate -spot "$spot" -width "$width" -matrix "$file" </dev/null
    done
} <samples.csv
terms=$(($(wc -l <samples.csv) - 1))

"$eimtool" offline samples.csv --plan plan.csv --rhs b.mtx -o plate.npz

# FreeFEM's own matrices and solutions at parameters that are on no grid.
echo "spot,width,file" >test.csv
echo "spot,width,file" >solutions.csv
i=0
for mu in 0.7123,0.4321 0.8471,0.7713 0.9999,0.5005 1.0717,0.4057 1.2468,0.6543 1.2919,0.7987; do
    i=$((i + 1))
    simulate -spot "${mu%,*}" -width "${mu#*,}" -matrix "T$i.mtx" -solution "x$i.mtx"
    echo "$mu,T$i.mtx" >>test.csv
    echo "$mu,x$i.mtx" >>solutions.csv
done
"$eimtool" verify plate.npz test.csv --solutions solutions.csv --tol 1e-6

# The same for one of them by files: matrix out, solution out, compared as files.
"$eimtool" online plate.npz --mu spot=0.8471,width=0.7713 -o A.mtx --quiet
"$eimtool" solve plate.npz --mu spot=0.8471,width=0.7713 -o x.mtx --quiet
"$eimtool" diff T2.mtx A.mtx --tol 1e-6
error=$("$eimtool" diff x2.mtx x.mtx --tol 1e-6 | sed -n 's/^error_fro[: ]*//p')
echo "freefem: $terms simulations instead of $(($(wc -l <candidates.csv) - 1)), relative error of x $error"

EIMTOOL=$eimtool sh "$here/nonlinear.sh"
