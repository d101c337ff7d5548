"""How far a measured number may be off by chance: intervals of 95 %.

Wilson's (Wilson 1927; Brown, Cai and DasGupta 2001) and the normal interval, which papers print,
treat answers as independent draws, which tracks by one artist are not. The bootstrap here draws
whole groups instead (Davison and Hinkley 1997, section 3.8), and serves any metric.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Interval = tuple[float, float]

_Z_95 = 1.959963984540054  # 97.5 % quantile of the normal distribution
RESAMPLES = 1000


def wilson_interval(successes: int, trials: int, z: float = _Z_95) -> Interval:
    """Wilson's score interval of a proportion, at 95 % unless another z is given.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), with p = successes / trials. Unlike the
    normal interval it holds for small n and never leaves [0, 1].

    Raises:
        ValueError: there are no trials, or successes are not between 0 and trials.
    """
    p = _proportion(successes, trials)
    square = z * z / trials
    centre = p + square / 2
    reach = z * math.sqrt(p * (1 - p) / trials + square / (4 * trials))
    low, high = (centre - reach) / (1 + square), (centre + reach) / (1 + square)
    return max(0.0, min(p, low)), min(1.0, max(p, high))  # rounding must not leave p outside


def normal_interval(successes: int, trials: int, z: float = _Z_95) -> Interval:
    """The interval p ± z √(p(1−p)/n), cut off at 0 and 1, as Cox et al. (2021) print it.

    Raises:
        ValueError: there are no trials, or successes are not between 0 and trials.
    """
    p = _proportion(successes, trials)
    reach = z * math.sqrt(p * (1 - p) / trials)
    return max(0.0, p - reach), min(1.0, p + reach)


def bootstrap_interval(
    metric: Callable[[NDArray[np.int64]], float],
    groups: NDArray[np.int64],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval | None:
    """The percentile interval of a metric, at 95 %, over groups drawn with replacement.

    Args:
        metric: its value on some rows, given by their indices; one of a group that is drawn twice
            comes twice. Draws on which it is not a number are left out.
        groups: number of each row's group, such as its artist [shape=(rows,)].
        resamples: how often as many groups are drawn as there are.
        seed: the same seed gives the same interval.

    Returns:
        The 2.5 % and 97.5 % quantiles; None where there are fewer than two groups, or no draw gave
        a number.
    """
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    if len(members) < 2:
        return None
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(members), (resamples, len(members)))
    values = np.array([metric(np.concatenate([members[i] for i in draw])) for draw in draws])
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _proportion(successes: int, trials: int) -> float:
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"{successes} successes of {trials} trials have no interval")
    return successes / trials
