#!/bin/sh
# Times `eimtool offline` on 24 snapshots of 250 000 rows beside a SciPy script,
# one after the other on the same files. Needs Debian's python3-scipy.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-/usr/bin/python3}
data=bench/data/p2d250k
if ! "$python" -c 'import scipy' 2>/dev/null; then
    echo "bench/offline.sh: skipped, $python has no scipy (Debian: python3-scipy)"
    exit 0
fi
[ -f "$data/samples.csv" ] || "$python" bench/gen_big.py p2d250k "$data" --snapshots 24 --tests 2
cat "$data"/snap/* >/dev/null # both read from the page cache
for run in 1 2 3; do
    start=$(date +%s.%N)
    bin/eimtool offline "$data/samples.csv" -o "$data/eimtool.npz" --quiet
    end=$(date +%s.%N)
    echo "eimtool offline: $(awk "BEGIN { print $end - $start }") s"
done
"$python" bench/offline_scipy.py "$data/samples.csv" "$data/scipy.npz"
