#!/usr/bin/env python3
"""Write one big positive definite family A_mu = A_1 + sum_k alpha_k A_k given by its parts.

usage: gen_parts.py OUTDIR [--size 500] [--blocks 4] [--range 10] [--points 200] [--sweep 100000] [--few 3] [--seed 1]

Linear finite elements of -div(alpha grad u) on the unit square, SIZE x SIZE inner nodes, zero boundary values, on the
right-triangle mesh; alpha is alpha_k on the cells nearest to random site k (asymmetric blocks), alpha_1 = 1. Part k
holds the entries of its own block alone, lower triangle.

Layout: OUTDIR/parts.csv and part1.mtx, part2.mtx, ...; points.csv, which spans the box [1/RANGE, RANGE]^(BLOCKS-1) by
its corners and points log-uniform in it; sweep.csv, SWEEP further such points; few.csv, the first FEW of them; rhs.mtx,
for peers that solve.
"""
import argparse
import itertools
import os

import numpy as np

from gen_big import write_array, write_coo


def owners(m, blocks, rng):
    """Number of the nearest of so many random sites for each of m x m cells; no block is smaller than half its share."""
    c = (np.arange(m) + 0.5) / m
    x, y = np.meshgrid(c, c, indexing="ij")
    while True:
        sites = rng.random((blocks, 2))
        own = np.argmin([(x - a) ** 2 + (y - b) ** 2 for a, b in sites], axis=0)
        if np.bincount(own.ravel(), minlength=blocks).min() >= m * m / blocks / 2:
            return own


def part(n, cells):
    """Lower triangle of the part whose cells are 1 in an (n+1) x (n+1) array, else 0: rows, columns, values. Each edge
    of the grid carries half of the two cells beside it, for it is a side of one triangle in each of them."""
    number = np.full((n + 2, n + 2), -1)
    number[1:-1, 1:-1] = np.arange(n * n).reshape(n, n)
    diagonal = np.zeros(n * n)
    rows, cols, vals = [], [], []
    ups = (cells[:, :-1] + cells[:, 1:]) / 2      # edges (a, b)-(a+1, b), b = 1..n
    rights = (cells[:-1] + cells[1:]) / 2         # edges (a, b)-(a, b+1), a = 1..n
    for w, lo, hi in ((ups, number[:-1, 1:-1], number[1:, 1:-1]), (rights, number[1:-1, :-1], number[1:-1, 1:])):
        w, lo, hi = w.ravel(), lo.ravel(), hi.ravel()
        for end in (lo, hi):
            inner = end >= 0
            diagonal += np.bincount(end[inner], weights=w[inner], minlength=n * n)
        both = (lo >= 0) & (hi >= 0) & (w > 0)
        rows.append(hi[both]); cols.append(lo[both]); vals.append(-w[both])
    own = np.flatnonzero(diagonal)
    rows.append(own); cols.append(own); vals.append(diagonal[own])
    i, j, v = map(np.concatenate, (rows, cols, vals))
    o = np.lexsort((i, j))
    return i[o], j[o], v[o]


def write_points(path, names, points):
    np.savetxt(path, points, fmt="%.17g", delimiter=",", header=",".join(names), comments="")


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out")
    ap.add_argument("--size", type=int, default=500); ap.add_argument("--blocks", type=int, default=4)
    ap.add_argument("--range", type=float, default=10.0); ap.add_argument("--points", type=int, default=200)
    ap.add_argument("--sweep", type=int, default=100_000); ap.add_argument("--few", type=int, default=3)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    rng = np.random.default_rng(a.seed)
    os.makedirs(a.out, exist_ok=True)
    own = owners(a.size + 1, a.blocks, rng)
    names = [f"alpha{k}" for k in range(2, a.blocks + 1)]
    with open(os.path.join(a.out, "parts.csv"), "w") as f:
        f.write("file,coefficient\n")
        for k in range(a.blocks):
            f.write(f"part{k + 1}.mtx,{names[k - 1] if k else 1}\n")
            i, j, v = part(a.size, (own == k).astype(float))
            write_coo(os.path.join(a.out, f"part{k + 1}.mtx"), a.size ** 2, a.size ** 2, i, j, v, "symmetric")
    d = len(names)
    corners = np.array(list(itertools.product((1 / a.range, a.range), repeat=d)))
    inside = a.range ** rng.uniform(-1, 1, (max(a.points - len(corners), 0), d))
    write_points(os.path.join(a.out, "points.csv"), names, np.vstack([corners, inside]))
    sweep = a.range ** rng.uniform(-1, 1, (a.sweep, d))
    write_points(os.path.join(a.out, "sweep.csv"), names, sweep)
    write_points(os.path.join(a.out, "few.csv"), names, sweep[:a.few])
    write_array(os.path.join(a.out, "rhs.mtx"), rng.standard_normal((a.size ** 2, 1)))


if __name__ == "__main__":
    main()
