#!/usr/bin/env python3
"""Linear finite elements for -(k u')' + r u = r on (0, 1), u'(0) = 0, k u'(1) + u = 0, with

    k(x; front, width) = 1 + 4 / (1 + exp((x - front) / width))
    r(x; front)        = 10 exp(-20 (x - front)^2)

so that matrix and right-hand side depend linearly on the values of k and r at the Gauss points, and on nothing else.

usage: reaction.py points             the Gauss points, to stdout
       reaction.py simulate TABLE DIR one matrix, right-hand side and solution per line of TABLE (front, width first) into
                                      DIR, and there samples.csv and solutions.csv
"""
import csv
import os
import sys

import numpy as np
from scipy.io import mmwrite
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import spsolve

ELEMENTS = 200
NODES = np.linspace(0, 1, ELEMENTS + 1)
H = np.diff(NODES)
GAUSS = 0.5 + np.array([-0.5, 0.5]) / np.sqrt(3)        # on (0, 1), both weights 1/2
POINTS = NODES[:-1, None] + H[:, None] * GAUSS          # element, Gauss point
SHAPE = np.stack([1 - GAUSS, GAUSS])                    # shape function, Gauss point


def assemble(front, width):
    k = 1 + 4 / (1 + np.exp((POINTS - front) / width))
    r = 10 * np.exp(-20 * (POINTS - front) ** 2)
    stiffness = (k.mean(axis=1) / H)[:, None, None] * np.array([[1, -1], [-1, 1]])
    mass = np.einsum("eg,ig,jg->eij", r, SHAPE, SHAPE) * H[:, None, None] / 2
    load = np.einsum("eg,ig->ei", r, SHAPE) * H[:, None] / 2
    nodes = np.arange(ELEMENTS)[:, None] + [0, 1]       # of every element
    rows, cols = np.repeat(nodes, 2, axis=1).ravel(), np.tile(nodes, 2).ravel()
    a = coo_matrix((np.r_[(stiffness + mass).ravel(), 1], (np.r_[rows, ELEMENTS], np.r_[cols, ELEMENTS])))
    return a.tocsc(), np.bincount(nodes.ravel(), load.ravel())


def simulate(table, folder):
    os.makedirs(folder, exist_ok=True)
    with open(table, newline="") as f:
        rows = list(csv.DictReader(line for line in f if not line.startswith("#")))
    with open(os.path.join(folder, "samples.csv"), "w") as samples, \
            open(os.path.join(folder, "solutions.csv"), "w") as solutions:
        print("front,width,file,rhs", file=samples)
        print("front,width,file", file=solutions)
        for i, row in enumerate(rows, 1):
            a, b = assemble(float(row["front"]), float(row["width"]))
            for name, value in ("A", a), ("b", b[:, None]), ("x", spsolve(a, b)[:, None]):
                mmwrite(os.path.join(folder, f"{name}{i}.mtx"), value, precision=17)
            print(f"{row['front']},{row['width']},A{i}.mtx,b{i}.mtx", file=samples)
            print(f"{row['front']},{row['width']},x{i}.mtx", file=solutions)


def main():
    if sys.argv[1:] == ["points"]:
        np.savetxt(sys.stdout, POINTS.ravel(), fmt="%.17g", header="x", comments="")
    elif len(sys.argv) == 4 and sys.argv[1] == "simulate":
        simulate(*sys.argv[2:])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
