#!/usr/bin/env python3
"""Maximise the log likelihood of y.mtx over (length, nugget) twice: with eimtool, which sees the sampled matrices
alone, and directly, with the kernel and a Cholesky factorisation per point. Exits with 1 when they disagree.

usage: likelihood.py model.npz ["LENGTH NUGGET VALUE"]     the third is an answer of maximise.sh, compared as well
       likelihood.py --draw y.mtx                          how y.mtx was made
"""
import os
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
EIMTOOL = os.environ.get("EIMTOOL", os.path.join(HERE, "../../bin/eimtool"))
Y = os.path.join(HERE, "y.mtx")
LOW, HIGH = np.log([0.103, 0.00107]), np.log([0.599, 0.0998])   # inside the box of the samples
POINTS = np.loadtxt(os.path.join(HERE, "../../testdata/families/gp-kernel/points.csv"), delimiter=",", skiprows=1)
DISTANCE = np.linalg.norm(POINTS[:, None] - POINTS, axis=2)


def kernel(length, nugget):
    q = np.sqrt(5) * DISTANCE / length
    return (1 + q + q * q / 3) * np.exp(-q) + nugget * np.eye(len(q))


def direct(mu, y):
    """Log likelihoods at the rows of mu, and no errors."""
    out = []
    for m in mu:
        c = np.linalg.cholesky(kernel(*m))
        z = np.linalg.solve(c, y)
        out.append(-0.5 * (z @ z + len(y) * np.log(2 * np.pi)) - np.log(np.diag(c)).sum())
    return np.array(out), np.zeros(len(mu))


def fitted(model):
    """The same with the bundle: two calls of eimtool for all rows, and the error that they estimate."""
    def likelihood(mu, y):
        with tempfile.TemporaryDirectory() as d:
            table = os.path.join(d, "mu.csv")
            np.savetxt(table, mu, delimiter=",", fmt="%.17g", header="length,nugget", comments="")

            def run(*command):
                out = subprocess.run([EIMTOOL, *command, "--at", table, "-o", "-", "--quiet"], check=True,
                                     stdout=subprocess.PIPE, text=True).stdout.splitlines()
                return np.genfromtxt(out, delimiter=",", names=True, dtype=None, encoding="utf-8")
            det, quad = run("logdet", model), run("solve", model, "--quantity", Y)
        return (-0.5 * (quad["value"] + det["logabsdet"] + len(y) * np.log(2 * np.pi)),
                0.5 * (quad["error_estimate"] + det["error_estimate"]))
    return likelihood


def maximise(likelihood, y, side=11, rounds=8):
    """The best point of a table of side^2, then of a finer one round it: (mu, value, error estimate there)."""
    low, high = LOW, HIGH
    for _ in range(rounds):
        axes = [np.linspace(a, b, side) for a, b in zip(low, high)]
        table = np.exp(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2))
        value, error = likelihood(table, y)
        best = np.argmax(value)
        step = 1.5 * (high - low) / (side - 1)
        low, high = np.maximum(np.log(table[best]) - step, low), np.minimum(np.log(table[best]) + step, high)
    return table[best], value[best], error[best]


def main():
    if len(sys.argv) < 2:
        sys.exit('usage: likelihood.py BUNDLE ["LENGTH NUGGET VALUE"] | --draw y.mtx')
    if sys.argv[1] == "--draw":
        y = np.linalg.cholesky(kernel(0.25, 0.01)) @ np.random.default_rng(42).standard_normal(len(POINTS))
        np.savetxt(sys.argv[2], y, fmt="%.17g", comments="",
                   header=f"%%MatrixMarket matrix array real general\n{len(y)} 1")
        return
    y = np.loadtxt(Y, skiprows=2)
    exact, highest, _ = maximise(direct, y)
    print(f"direct        length {exact[0]:.5f}  nugget {exact[1]:.6f}  log likelihood {highest:.5f}")
    answers = [("likelihood.py", *maximise(fitted(sys.argv[1]), y))]
    if len(sys.argv) > 2:
        answer = [float(x) for x in sys.argv[2].split()]
        answers.append(("maximise.sh", np.array(answer[:2]), answer[2], answers[0][3]))
    disagree = False
    for name, mu, value, error in answers:
        there = direct([mu], y)[0][0]
        off, far = abs(value - there), np.abs(np.log(mu / exact)).max()
        ok = off <= 1e-4 and highest - there <= 1e-4 and far <= 1e-3
        disagree |= not ok
        print(f"{name:13s} length {mu[0]:.5f}  nugget {mu[1]:.6f}  log likelihood {value:.5f}, estimated error {error:.1e}, "
              f"true {off:.1e}, {'agrees' if ok else 'DISAGREES'}")
    sys.exit(disagree)


if __name__ == "__main__":
    main()
