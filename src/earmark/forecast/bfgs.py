"""Variable metric minimization (BFGS) as R's `nnet` does it: Nash 1990, algorithm 21.

A step is tried whole and then a fifth of it, until the value falls enough; the inverse Hessian
begins as the identity, and begins anew where it points uphill or nowhere. scipy's BFGS multiplies
whole matrices at each step, which for a network with 400 weights takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from earmark.forecast.base import Numbers

Function = Callable[[Numbers], tuple[float, Numbers]]
"""Gives the value at a point and the gradient there."""

_SHORTER = 0.2
_ENOUGH = 1e-4  # of what the slope promises
_TINY = 10.0  # a step that changes no coordinate beside this is none
_SMALL = 1e-4  # nnet's `abstol`
_STILL = 1e-8  # nnet's `reltol`


def minimize(function: Function, begin: Numbers, steps: int) -> Numbers:
    """A point of low value, after so many steps or where nothing is gained any more."""
    point, (value, gradient) = begin, function(begin)
    metric, updates = np.eye(len(begin)), 0
    for _ in range(steps):
        found = _lower(function, point, value, gradient, metric)
        stuck, curvature = found is None, 0.0
        if found is not None:
            ahead, reached, there = found
            step, change = ahead - point, there - gradient
            curvature = float(step @ change)
            stuck = reached <= _SMALL or value - reached <= _STILL * (abs(value) + _STILL)
            point, value, gradient = found
        if stuck and not updates:  # not even straight downhill
            break
        if stuck or curvature <= 0 or updates >= 2 * len(begin):
            metric, updates = np.eye(len(begin)), 0
        else:
            _update(metric, step, change, curvature)
            updates += 1
    return point


def _lower(
    function: Function, point: Numbers, value: float, gradient: Numbers, metric: Numbers
) -> tuple[Numbers, float, Numbers] | None:
    """A point of lower value, with value and gradient; None if there is none this way."""
    direction = -(metric @ gradient)
    slope = float(direction @ gradient)
    length = 1.0
    while slope < 0:
        ahead = point + length * direction
        if np.array_equal(ahead + _TINY, point + _TINY):
            return None
        reached, there = function(ahead)
        if np.isfinite(reached) and reached <= value + slope * length * _ENOUGH:
            return ahead, reached, there
        length *= _SHORTER
    return None


def _update(metric: Numbers, step: Numbers, change: Numbers, curvature: float) -> None:
    """Make an inverse Hessian, in place, one that takes `change` of the gradient to `step`."""
    turned = metric @ change
    half = (1 + float(change @ turned) / curvature) / 2 * step - turned
    outer = np.outer(step, half) / curvature
    metric += outer
    metric += outer.T
