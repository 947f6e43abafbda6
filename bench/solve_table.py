#!/usr/bin/env python3
"""Table of the log of solve.sh, one line per run: `FAMILY THREADS ours|peer <TAB> W0 C0 W1 C1 <TAB> JSON`, with wall
and processor seconds before and after.

usage: solve_table.py LOG
"""
import json
import os
import statistics
import sys

KEYS = {  # figure: names it may have in our JSON, each settable by the environment
    "analysis": os.environ.get("ANALYSIS_KEYS", "analyse analysis symbolic").split(),
    "numeric": os.environ.get("NUMERIC_KEYS", "factorise numeric factor").split(),
    "solve": os.environ.get("SOLVE_KEYS", "solve").split(),
    "fill": os.environ.get("FILL_KEYS", "fill").split(),
}


def find(tree, names):
    """The first number called one of names anywhere in a JSON tree, else None."""
    if isinstance(tree, dict):
        for n in names:
            if isinstance(tree.get(n), (int, float)):
                return tree[n]
        tree = list(tree.values())
    if isinstance(tree, list):
        for t in tree:
            v = find(t, names)
            if v is not None:
                return v
    return None


def read(path):
    """{(family, threads, side): {figure: median}}, families in the order of the log."""
    runs = {}
    with open(path) as f:
        for line in f:
            name, clocks, text = line.rstrip("\n").split("\t", 2)
            w0, c0, w1, c1 = map(float, clocks.split())
            doc = json.loads(text)
            row = {k: find(doc, names if name.endswith("ours") else [k]) for k, names in KEYS.items()}
            row["process"], row["cpu"] = w1 - w0, c1 - c0
            row["peer"] = doc.get("peer", "") + "/" + doc.get("ordering", "")
            runs.setdefault(tuple(name.split()), []).append(row)
    out = {}
    for key, rows in runs.items():
        out[key] = {"peer": rows[0]["peer"]}
        for k in ("analysis", "numeric", "solve", "fill", "process", "cpu"):
            v = [r[k] for r in rows if r[k] is not None]
            out[key][k] = statistics.median(v) if v else None
    return out


def number(x, form="%.3g"):
    return "-" if x is None else form % x


def ratio(a, b):
    return None if a is None or not b else a / b


def main():
    data = read(sys.argv[1])
    head = ["family", "threads", "peer", "numeric s", "peer s", "ratio", "solve s", "peer s", "ratio",
            "process s", "peer s", "ratio", "cpu s", "peer s", "ratio", "fill ratio", "numeric 1->2", "peer 1->2"]
    table = [head]
    for family in dict.fromkeys(k[0] for k in data):
        for threads in ("2", "1"):
            a, b = (data.get((family, threads, s), {}) for s in ("ours", "peer"))
            line = [family, threads, b.get("peer", "-")]
            for k in ("numeric", "solve", "process", "cpu"):
                line += [number(a.get(k)), number(b.get(k)), number(ratio(a.get(k), b.get(k)), "%.2f")]
            line.append(number(ratio(a.get("fill"), b.get("fill")), "%.2f"))
            for side in ("ours", "peer"):
                one, two = (data.get((family, t, side), {}).get("numeric") for t in ("1", "2"))
                line.append(number(ratio(one, two), "%.2f") if threads == "2" else "")
            table.append(line)
    widths = [max(len(r[c]) for r in table) for c in range(len(head))]
    for r in table:
        print("  ".join(x.ljust(w) if c in (0, 2) else x.rjust(w) for c, (x, w) in enumerate(zip(r, widths))).rstrip())


if __name__ == "__main__":
    main()
