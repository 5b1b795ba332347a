"""A logistic model is fitted to examples."""

from __future__ import annotations

import math
from collections.abc import Sequence

_RIDGE = 1.0
_ROUNDS = 10
_SETTLED = 1e-4


def logistic(size: int, rows: Sequence[Sequence[float]], marks: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The weights of a ridge-penalized logistic model, one for each of the `size` columns of `rows`, by Newton's method.

    `marks` are 1 for the rows that are what is looked for and 0 for the others; `weights` say how much each row counts.
    """
    model = [0.0] * size
    for _ in range(_ROUNDS):
        model = _newton(model, rows, marks, weights)
    return [round(weight, 4) for weight in model]


def _newton(model: list[float], rows: Sequence[Sequence[float]], marks: Sequence[float], weights: Sequence[float]) -> list[float]:
    size = len(model)
    gradient = [-_RIDGE * w for w in model]
    hessian = [[_RIDGE if i == j else 0.0 for j in range(size)] for i in range(size)]
    for row, mark, weight in zip(rows, marks, weights, strict=True):
        chance = 1 / (1 + math.exp(-max(-30.0, min(30.0, sum(map(float.__mul__, model, row))))))
        slack, curve = weight * (mark - chance), weight * chance * (1 - chance)
        if abs(slack) < _SETTLED:
            continue
        for i, value in enumerate(row):
            gradient[i] += slack * value
            scaled = curve * value
            line = hessian[i]
            for j in range(i + 1):
                line[j] += scaled * row[j]
    for i in range(size):
        for j in range(i):
            hessian[j][i] = hessian[i][j]
    return [w + step for w, step in zip(model, _solve(hessian, gradient), strict=True)]


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gaussian elimination with pivoting."""
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(size):
            if r != i:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i], strict=True)]
    return [rows[i][size] / rows[i][i] for i in range(size)]
