#!/usr/bin/env python3
"""Collocation of the Helmholtz single layer on the unit sphere with 200 equal cells:

    A_ij(k) = w exp(i k r_ij) / (4 pi r_ij),  A_ii(k) = (exp(i k a) - 1) / (2 i k)    (a disc of the area w = pi a^2)

A code of this kind gives any entry on its own, at the cost of one entry.

usage: kernel.py entries CANDIDATES REQUEST ANSWER   the entries (index,row,col) of REQUEST at every k of CANDIDATES
       kernel.py matrix K ANSWER                     the whole matrix at one k
"""
import csv
import sys

import numpy as np
from scipy.io import mmwrite

CELLS = 200
AREA = 4 * np.pi / CELLS
RADIUS = np.sqrt(AREA / np.pi)


def points():
    """A spiral from pole to pole (Fibonacci lattice)."""
    i = np.arange(CELLS) + 0.5
    z, turn = 1 - 2 * i / CELLS, np.pi * (1 + np.sqrt(5)) * i
    rho = np.sqrt(1 - z * z)
    return np.stack([rho * np.cos(turn), rho * np.sin(turn), z], axis=1)


def entries(k, rows, cols):
    """A_ij(k) for all pairs of rows and cols, from 0."""
    p = points()
    r = np.linalg.norm(p[rows] - p[cols], axis=-1)
    r = np.where(rows == cols, 1, r)                    # not used there
    return np.where(rows == cols, (np.exp(1j * k * RADIUS) - 1) / (2j * k), AREA * np.exp(1j * k * r) / (4 * np.pi * r))


def answer_entries(candidates, request, answer):
    asked = np.loadtxt(request, delimiter=",", skiprows=1, dtype=int, ndmin=2)
    rows, cols = asked[:, 1] - 1, asked[:, 2] - 1
    with open(candidates, newline="") as f, open(answer, "w") as out:
        print(",".join(["k"] + [f"re{i},im{i}" for i in asked[:, 0]]), file=out)
        for line in csv.DictReader(f):
            values = entries(float(line["k"]), rows, cols)
            print(",".join([line["k"]] + [f"{v.real:.17g},{v.imag:.17g}" for v in values]), file=out)


def main():
    if len(sys.argv) == 5 and sys.argv[1] == "entries":
        answer_entries(*sys.argv[2:])
    elif len(sys.argv) == 4 and sys.argv[1] == "matrix":
        rows, cols = np.indices((CELLS, CELLS))
        mmwrite(sys.argv[3], entries(float(sys.argv[2]), rows, cols), precision=17)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
