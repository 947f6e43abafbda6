#!/bin/sh
# Diffusion k and reaction r of reaction.py are known functions: eimtool plan chooses from them
# alone which of 625 candidates to assemble. The right-hand side depends on r as well; its
# coefficients are those of the matrix. Solutions at new parameters are compared with SciPy's.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
eimtool=${EIMTOOL:-$here/../../bin/eimtool}
case $eimtool in */*) eimtool=$(cd "$(dirname "$eimtool")" && pwd)/${eimtool##*/} ;; esac # also after cd
for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import scipy' 2>/dev/null && break
done
[ "$python" != none ] || { echo "skipped: no python3 with SciPy (apt-get install python3-scipy)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work"

awk 'BEGIN { print "front,width"
    for (i = 0; i <= 24; i++) for (j = 0; j <= 24; j++) printf "%.12g,%.12g\n", 0.3 + i / 60, 0.1 + j / 240 }' >candidates.csv
"$python" "$here/reaction.py" points >points.csv
"$eimtool" plan candidates.csv --at-points points.csv --tol 1e-6 -o plan.csv \
    --function '1 + 4/(1 + exp((x-front)/width))' --function '10*exp(-20*(x-front)^2)'

"$python" "$here/reaction.py" simulate plan.csv snap
"$eimtool" offline snap/samples.csv --plan plan.csv -o reaction.npz

cat >new.csv <<'END'
front,width
0.3123,0.1789
0.4321,0.1043
0.5111,0.1511
0.6543,0.1978
0.6977,0.1234
END
"$python" "$here/reaction.py" simulate new.csv test
"$eimtool" verify reaction.npz test/samples.csv --solutions test/solutions.csv --tol 1e-6
"$eimtool" solve reaction.npz --mu front=0.4321,width=0.1043 -o x.mtx --quiet
error=$("$eimtool" diff test/x2.mtx x.mtx --tol 1e-6 | sed -n 's/^error_fro[: ]*//p')
echo "scipy-plan: $(($(wc -l <snap/samples.csv) - 1)) simulations instead of $(($(wc -l <candidates.csv) - 1)), relative error of x $error"
