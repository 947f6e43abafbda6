#!/usr/bin/env python3
"""What a user would write instead of `eimtool offline`: read with SciPy, put the
snapshots on their union pattern, run EIM on the entries, save.

usage: offline_scipy.py samples.csv out.npz [--max-terms M]
"""
import argparse
import csv
import os
import time

import numpy as np
import scipy.io
import scipy.sparse


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("samples")
    ap.add_argument("out")
    ap.add_argument("--max-terms", type=int, default=24)
    a = ap.parse_args()
    t0 = time.perf_counter()
    with open(a.samples) as f:
        rows = list(csv.DictReader(f))
    here = os.path.dirname(a.samples)
    mats = []
    for r in rows:
        m = scipy.io.mmread(os.path.join(here, r["file"]))
        mats.append(scipy.sparse.csc_matrix(m))
    t1 = time.perf_counter()
    pattern = sum(abs(m) for m in mats).tocsc()
    pattern.sort_indices()
    base = pattern.copy()
    table = np.empty((len(mats), pattern.nnz), dtype=mats[0].dtype)
    for i, m in enumerate(mats):
        base.data[:] = 0
        s = (base + m).tocsc()
        s.sort_indices()
        table[i] = s.data if s.nnz == pattern.nnz else np.asarray(m[pattern.nonzero()]).ravel()
    t2 = time.perf_counter()
    res = table / np.abs(table).max()
    floor = 64 * np.finfo(float).eps
    rows_i, cols_j = [], []
    for _ in range(min(a.max_terms, len(mats))):
        i = int(np.argmax(np.abs(res).max(axis=1)))
        j = int(np.argmax(np.abs(res[i])))
        if abs(res[i, j]) <= floor:
            break
        rows_i.append(i)
        cols_j.append(j)
        res -= np.outer(res[:, j], res[i] / res[i, j])
    np.savez(a.out, terms=table[rows_i], magic=table[np.ix_(rows_i, cols_j)], columns=cols_j,
             indptr=pattern.indptr, indices=pattern.indices)
    t3 = time.perf_counter()
    print(f"read {t1 - t0:.2f} s, union {t2 - t1:.2f} s, EIM and save {t3 - t2:.2f} s, total {t3 - t0:.2f} s, {len(rows_i)} terms")


if __name__ == "__main__":
    main()
