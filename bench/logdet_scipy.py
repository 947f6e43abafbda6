#!/usr/bin/env python3
"""What a user would write instead of `eimtool logdet`: factorise at every mu with SciPy, or interpolate the log
determinants of a few nodes. Prints JSON.

usage: logdet_scipy.py DIR [--nodes 12] [--points few.csv] [--sweep sweep.csv]

DIR is one of gen_parts.py. Per row of POINTS the sum is assembled and factorised by SuperLU (symmetric mode, minimum
degree of A^T + A); with scikit-sparse also by CHOLMOD, analysed once, and with imate its stochastic Lanczos estimate.
The interpolation takes the NODES first rows of points.csv (corners, then random points) and the better, on POINTS, of
the radial basis functions of SciPy in log alpha; it is evaluated on all rows of SWEEP, in one call.
"""
import argparse
import csv
import json
import os
import time

import numpy as np
import scipy.io
import scipy.sparse as sp
from scipy.interpolate import RBFInterpolator
from scipy.sparse.linalg import splu


def read_parts(folder):
    with open(os.path.join(folder, "parts.csv")) as f:
        return [sp.csc_matrix(scipy.io.mmread(os.path.join(folder, r["file"]))) for r in csv.DictReader(f)]


def superlu(a):
    f = splu(a, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return float(np.log(np.abs(f.U.diagonal())).sum())     # the diagonal of L is 1


def cholmod():
    """A function of one matrix that keeps the analysis, or None."""
    try:
        from sksparse.cholmod import analyze
    except ImportError:
        return None
    kept = {}

    def logdet(a):
        kept.setdefault("symbolic", analyze(a))
        return float(kept["symbolic"].cholesky(a).logdet())
    return logdet


def imate():
    """A stochastic estimate, or None."""
    try:
        from imate import logdet
    except ImportError:
        return None
    return lambda a: float(logdet(a.tocsr(), gram=False, method="slq", verbose=False))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("dir"); ap.add_argument("--nodes", type=int, default=12)
    ap.add_argument("--points", default="few.csv"); ap.add_argument("--sweep", default="sweep.csv")
    a = ap.parse_args()
    load = lambda name: np.loadtxt(os.path.join(a.dir, name), delimiter=",", skiprows=1, ndmin=2)
    parts = read_parts(a.dir)
    few, nodes, sweep = load(a.points), load("points.csv")[:a.nodes], load(a.sweep)

    def at(mu):
        return sum((c * p for c, p in zip(mu, parts[1:])), parts[0])

    out = {}
    for name, f in (("splu", superlu), ("cholmod", cholmod()), ("imate", imate())):
        if f is None:
            continue
        start = time.perf_counter()
        results = [f(at(mu)) for mu in few]
        out[name] = {"seconds": (time.perf_counter() - start) / len(few), "logabsdet": results}
    start = time.perf_counter()
    data = [superlu(at(mu)) for mu in nodes]
    offline = time.perf_counter() - start
    best = None
    for kernel in ("linear", "thin_plate_spline", "cubic"):
        model = RBFInterpolator(np.log(nodes), data, kernel=kernel, degree=1)
        error = np.abs(model(np.log(few)) - out["splu"]["logabsdet"]).max()
        if best is None or error < best[0]:
            best = error, kernel, model
    start = time.perf_counter()
    best[2](np.log(sweep))
    out["interpolation"] = {"offline": offline, "nodes": len(nodes), "kernel": best[1], "error": float(best[0]),
                            "seconds": (time.perf_counter() - start) / len(sweep)}
    print(json.dumps(out))


if __name__ == "__main__":
    main()
