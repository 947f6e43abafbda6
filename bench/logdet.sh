#!/bin/sh
# Times `eimtool logdet` on a 2-D family of 250 000 rows given by four parts: the
# preparation with a few nodes, then per mu the fitted method on a long table and
# --method direct on a few points, beside scripts and libraries that factorise at
# every mu. Start-up is taken off: seconds per mu are those of a table of many
# points less those of one point. Prints one Markdown table; errors are the largest
# differences from --method direct at the few points.
#
# SIZE     unknowns per side (500: n = 250 000)
# NODES    factorisations of the preparation (12)
# SWEEP    rows of the long table (100000)
# FEW      factorised points (3 of n = 250 000, more of smaller ones, up to 300)
# THREADS  of ours, CHOLMOD and BLAS (2)
# DATA, EIMTOOL, PEER, PYTHON   as in solve.sh
#
# Needs Debian's python3-numpy; python3-scipy for the script, and what solve.sh
# needs for CHOLMOD. scikit-sparse and imate are timed where PYTHON has them.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-/usr/bin/python3}
eimtool=${EIMTOOL:-bin/eimtool}
peer=${PEER:-bin/peer}
size=${SIZE:-500}
nodes=${NODES:-12}
sweep=${SWEEP:-100000}
few=${FEW:-$(awk -v s="$size" 'BEGIN { k = int(750000 / (s * s)); print (k < 3 ? 3 : (k > 300 ? 300 : k)) }')}
threads=${THREADS:-2}
data=${DATA:-bench/data}/parts$size

if ! "$python" -c 'import numpy' 2>/dev/null; then
    echo "bench/logdet.sh: skipped, $python has no numpy (Debian: python3-numpy)"
    exit 0
fi
if ! "$eimtool" logdet --help >/dev/null 2>&1; then
    echo "bench/logdet.sh: skipped, $eimtool has no command logdet"
    exit 0
fi
if ! make -s -C bench/peers "PEER=$(pwd)/bin/peer" 2>/dev/null && [ ! -x "$peer" ]; then
    peer=
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# seconds COMMAND...: wall seconds of COMMAND; its failure is shown and ends the run.
seconds() {
    start=$(date +%s.%N)
    if ! "$@" >"$work/out" 2>"$work/err"; then
        echo "bench/logdet.sh: $* failed:" >&2
        tail -n 3 "$work/err" >&2
        exit 1
    fi
    awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.6f", b - a }'
}

# per_point BUNDLE TABLE FLAGS...: seconds per point of TABLE after the first one.
# The answers stay in $work/many.csv, the seconds of the whole table in $work/all.
per_point() {
    bundle=$1
    table=$2
    shift 2
    head -n 2 "$table" >"$work/one"
    first=$(seconds "$eimtool" logdet "$bundle" --at "$work/one" -o "$work/x.csv" --threads "$threads" --quiet "$@")
    seconds "$eimtool" logdet "$bundle" --at "$table" -o "$work/many.csv" --threads "$threads" --quiet "$@" >"$work/all"
    awk -v a="$first" -v b="$(cat "$work/all")" -v n="$(wc -l <"$table")" 'BEGIN { printf "%.3g", (b - a) / (n - 2) }'
}

# column NAME FILE: the cells below NAME in a table, one per line.
column() {
    awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }' "$2"
}

# error FILE: the largest distance of its numbers from those of direct, line by line.
error() {
    paste "$work/direct" "$1" | awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > m) m = d } END { printf "%.2g", m }'
}

# ratio SLOW FAST
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (a > 0 && b > 0) printf "%.3g", a / b; else printf "-" }'; }

# json EXPRESSION: of the answer d of the script, blank where it has none.
json() { "$python" -c "import json, sys; d = json.load(open(sys.argv[1])); print($1)" "$work/script.json" 2>/dev/null || true; }

row() { printf '| %s | %s | %s | %s |\n' "$@"; }

if [ "$(cat "$data/made" 2>/dev/null)" != "$size $sweep $few" ]; then
    "$python" bench/gen_parts.py "$data" --size "$size" --sweep "$sweep" --few "$few"
    echo "$size $sweep $few" >"$data/made"
fi
cat "$data"/*.mtx >/dev/null # all read from the page cache

offline=$(seconds "$eimtool" offline "$data/points.csv" --parts "$data/parts.csv" --logdet --only logdet \
    --logdet-max "$nodes" -o "$work/fit.npz" --threads "$threads" --quiet)
whole=$(seconds "$eimtool" offline "$data/points.csv" --parts "$data/parts.csv" -o "$work/parts.npz" --threads "$threads" --quiet)
direct=$(per_point "$work/parts.npz" "$data/few.csv" --method direct)
column logabsdet "$work/many.csv" >"$work/direct"
slopes=$(per_point "$work/parts.npz" "$data/few.csv" --method direct --gradient)
per_point "$work/fit.npz" "$data/few.csv" >/dev/null
column logabsdet "$work/many.csv" >"$work/fitted"
estimate=$(column error_estimate "$work/many.csv" | sort -g | tail -n 1)
outside=$(
    column lower "$work/many.csv" >"$work/lower"
    column upper "$work/many.csv" >"$work/upper"
    paste "$work/direct" "$work/lower" "$work/upper" | awk '$1 < $2 - 1e-9 * ($2 < 0 ? -$2 : $2) || $1 > $3 + 1e-9 * ($3 < 0 ? -$3 : $3)' | wc -l
)
fitted=$(per_point "$work/fit.npz" "$data/sweep.csv")
rate=$(awk -v n="$(wc -l <"$data/sweep.csv")" -v t="$(cat "$work/all")" 'BEGIN { printf "%.3g", (n - 1) / t }')
gradient=$(per_point "$work/fit.npz" "$data/sweep.csv" --gradient)

echo "n = $((size * size)), $nodes nodes, $(($(wc -l <"$data/sweep.csv") - 1)) rows, $few factorised points"
echo
row 'per μ' seconds 'fitted is faster by' 'error of log det'
row '---' '---:' '---:' '---:'
row "fitted, the whole table at $rate rows/s" "$fitted" 1 "$(error "$work/fitted")"
row 'fitted, with gradient' "$gradient" "$(ratio "$gradient" "$fitted")" ''
row '`--method direct`' "$direct" "$(ratio "$direct" "$fitted")" 0
row '`--method direct --gradient`' "$slopes" "$(ratio "$slopes" "$fitted")" ''
if [ -n "$peer" ]; then
    "$eimtool" online "$work/parts.npz" --at "$data/few.csv" -o "$work/A_{index}.mtx" --quiet --threads "$threads"
    OPENBLAS_NUM_THREADS=$threads "$peer" cholmod "$data/rhs.mtx" "$work"/A_*.mtx >"$work/cholmod.json"
    "$python" - "$work/cholmod.json" "$work/cholmod" >"$work/seconds" <<'PY'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
open(sys.argv[2], "w").writelines("%.17g\n" % r["log_abs_det"] for r in rows)
print("%.3g" % (sum(r["numeric"] for r in rows) / len(rows)))
PY
    row 'CHOLMOD, numeric factorisation alone' "$(cat "$work/seconds")" "$(ratio "$(cat "$work/seconds")" "$fitted")" "$(error "$work/cholmod")"
fi
if "$python" -c 'import scipy' 2>/dev/null; then
    OPENBLAS_NUM_THREADS=$threads "$python" bench/logdet_scipy.py "$data" --nodes "$nodes" >"$work/script.json"
    for name in splu cholmod imate; do
        t=$(json "'%.3g' % d['$name']['seconds']")
        if [ -n "$t" ]; then
            json "'\n'.join('%.17g' % x for x in d['$name']['logabsdet'])" >"$work/script"
            row "Python, $name" "$t" "$(ratio "$t" "$fitted")" "$(error "$work/script")"
        fi
    done
    t=$(json "'%.3g' % d['interpolation']['seconds']")
    row "SciPy, interpolation of $nodes values ($(json "d['interpolation']['kernel']"))" "$t" "$(ratio "$t" "$fitted")" \
        "$(json "'%.2g' % d['interpolation']['error']")"
fi
echo
echo "Offline, once: $offline s for $nodes nodes and the fit ($(ratio "$offline" "$direct") times direct), bundle $(wc -c <"$work/fit.npz") bytes;"
echo "with the parts in the bundle, not fitted: $whole s, $(wc -c <"$work/parts.npz") bytes."
echo "Largest estimate at the few points $estimate; outside lower..upper: $outside of them."
