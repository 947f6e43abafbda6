#!/bin/sh
# kernel.py gives single entries of its dense matrices cheaply, so 60 wavenumbers are looked at
# with a few entries each, and only the matrices of the terms are assembled. Every call of
# eimtool plan --stage entries looks at the files that are there, writes the next request and
# prints what it wants: this loop may be stopped and started again at any time.
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

awk 'BEGIN { print "k"; for (i = 0; i < 60; i++) printf "%.12g\n", 1 + 9 * i / 59 }' >candidates.csv
tab=$(printf '\t')
while :; do
    "$eimtool" plan candidates.csv --stage entries --tol 1e-6 -o plan --quiet >step
    IFS=$tab read -r state request answer mu <step
    case $state in
    entries) "$python" "$here/kernel.py" entries plan/candidates.csv "$request" "$answer" ;;
    matrix) "$python" "$here/kernel.py" matrix "${mu#k=}" "$answer" ;;
    done) break ;;
    *) echo "run.sh: plan wants $state?" >&2; exit 1 ;;
    esac
done
"$eimtool" offline "$request" --plan plan --tol 1e-5 -o sphere.npz

# Whole matrices at wavenumbers between the candidates.
echo "k,file" >test.csv
for k in 1.23 3.21 5.67 7.89 9.87; do
    "$python" "$here/kernel.py" matrix "$k" "T$k.mtx"
    echo "$k,T$k.mtx" >>test.csv
done
"$eimtool" verify sphere.npz test.csv --tol 1e-5 >verify.txt
cat verify.txt
echo "partial: $(find plan -name '*.mtx' | wc -l) matrices instead of $(($(wc -l <candidates.csv) - 1))," \
    "and $(cat plan/entr*.csv | grep -c '^[0-9]') entries of each; $(tail -1 verify.txt)"
