"""Spectrotemporal modulations: ripples of a log-mel, by how fast and which way they run.

Neurons of the auditory cortex answer to ripples that are spaced so far in frequency and move so
fast up or down. Chi, Ru and Shamma 2005 ("Multiresolution spectrotemporal analysis of complex
sounds") describe sounds by a bank of filters of that kind; Andén, Lostanlen and Mallat 2019 ("Joint
time-frequency scattering") by the same filters as wavelets and averages of their magnitude.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.features.log_mel import LogMel
from earmark.features.settings import check_ascending
from earmark.features.stored import STORED
from earmark.features.texture import Levels, Texture, check_up_to_bands, group_names

_WIDTH = 0.4  # standard deviation of a filter, in units of its centre
_LEAST_WIDTH = 0.008  # cycles: of slow and coarse ripples no more is known within 30 s
_REACH = 2.5  # standard deviations; what lies further off the centre counts as nothing
_PADDING = 64  # columns of silence that keep the end of a window from its beginning
_FEWEST = 16  # points of time, which deviations are taken of
_FLOOR = 1e-3  # dB


@dataclass(frozen=True, kw_only=True)
class Spectrotemporal(Texture):
    """Settings of a ripple analysis, and the extractor itself.

    Each band's mean level in dB is taken away, and what is left is filtered by Gaussians in the
    plane of both modulation frequencies: one for each rate and scale, once for ripples that rise
    and once for those that fall; rate or scale may also be 0, but not both. Magnitudes are averaged
    over groups of bands, and the vector holds the natural logarithm of their mean and of their
    deviation over time in dB, no lower than −6.9.

    A constant gain per band changes nothing.

    Attributes:
        source: the log-mel; by default as it is stored, whose columns can tell 6.5 Hz at most.
        window_seconds: about how long a texture window is (`earmark.features.texture`).
        rates: modulation frequencies over time in Hz, ascending, below half the column rate.
        scales: over frequency in cycles per band, ascending, below 0.5; above 1 kHz 26 of the 128
            bands make an octave.
        groups: groups of bands, equally wide on the mel scale.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.spectrotemporal import Spectrotemporal
        >>> noise = np.random.default_rng(0).standard_normal(3 * 22050).astype(np.float32)
        >>> Spectrotemporal()(noise).shape
        (1312,)
    """

    name: ClassVar[str] = "spectrotemporal"

    source: LogMel = STORED
    window_seconds: float = 30.0
    rates: tuple[float, ...] = (0.25, 0.5, 0.9, 1.4, 2.2, 3.5, 5.2)
    scales: tuple[float, ...] = (0.02, 0.04, 0.08, 0.15, 0.27)
    groups: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_up_to_bands(self, "groups")
        check_ascending(self, "rates", self.columns_per_second / 2, "Hz")
        check_ascending(self, "scales", 0.5, "cycles per band")

    @property
    def table(self) -> dict[str, tuple[str, ...]]:
        """Logarithm of mean and deviation of each kind of ripple, of each group of bands."""
        groups = group_names(self.source, self.groups)
        return {
            f"{statistic} of ripples {_named(ripple)}": groups
            for ripple in _ripples(self.rates, self.scales)
            for statistic in ("mean", "deviation")
        }

    def describe(self, levels: Levels) -> Levels:
        """The vector of one window [shape=(bands, columns)] → [shape=(entries,)]."""
        bands, columns = levels.shape
        centred = levels - levels.mean(axis=1, keepdims=True)
        size = 2 * bands, _fast(columns + _PADDING)
        plane = np.fft.fft2(centred, size)
        statistics = []
        for ripple in _ripples(self.rates, self.scales):
            rows = _passband(ripple.scale, size[0], 2 * self.groups)
            rate = ripple.hertz / self.columns_per_second
            run = _passband(rate, size[1], 1)
            # Little of the plane passes, and as few points of bands and time hold it all.
            small = np.zeros((rows.points, run.points), np.complex64)
            weight = rows.weights[:, None] * run.weights
            small[: len(rows.bins), : len(run.bins)] = plane[rows.bins[:, None], run.bins] * weight
            ripples = np.fft.ifft(small, axis=0)[: rows.points // 2]
            ripples = np.fft.ifft(ripples, axis=1)
            heard = max(1, round(columns * run.points / size[1]))
            strength = np.abs(ripples[:, :heard]).reshape(self.groups, -1, heard).mean(axis=1)
            strength *= small.size / (size[0] * size[1])
            statistics += [strength.mean(axis=1), strength.std(axis=1)]
        logarithms: Levels = np.log(np.concatenate(statistics) + _FLOOR)
        return logarithms


class _Ripple(NamedTuple):
    hertz: float  # rate
    scale: float  # cycles per band, below 0 for ripples that rise


class _Passband(NamedTuple):
    """One axis of a filter.

    Attributes:
        bins: of the transform that pass, neighbours in order [shape=(bins,)].
        weights: of each [shape=(bins,)].
        points: of the inverse transform, at least as many as bins.
    """

    bins: NDArray[np.int64]
    weights: Levels
    points: int


def _ripples(rates: Sequence[float], scales: Sequence[float]) -> Iterator[_Ripple]:
    """All kinds of ripples, those that stand still first."""
    for hertz in (0.0, *rates):
        for scale in (0.0, *scales):
            if hertz or scale:
                yield _Ripple(hertz, scale)
            if hertz and scale:
                yield _Ripple(hertz, -scale)


def _named(ripple: _Ripple) -> str:
    way = "" if not ripple.hertz or not ripple.scale else " up" if ripple.scale < 0 else " down"
    return f"at {ripple.hertz:g} Hz, {abs(ripple.scale):g} cycles per band{way}"


@lru_cache(maxsize=512)
def _passband(centre: float, size: int, multiple: int) -> _Passband:
    """What a Gaussian lets pass of a transform of `size` points.

    Args:
        centre: in cycles per point, between −0.5 and 0.5.
        size: of the whole transform.
        multiple: what the number of points of the inverse must be a multiple of.
    """
    width = max(_WIDTH * abs(centre), _LEAST_WIDTH)
    low = max(np.ceil((centre - _REACH * width) * size), -(size // 2))
    high = min(np.floor((centre + _REACH * width) * size), (size - 1) // 2)
    bins = np.arange(low, high + 1).astype(np.int64)
    weights = np.exp(-0.5 * ((bins / size - centre) / width) ** 2)
    points = -(-len(bins) // multiple) * multiple
    weights = weights.astype(np.float32)
    return _Passband(bins % size, weights, points if multiple > 1 else _fast(max(points, _FEWEST)))


@lru_cache(maxsize=64)
def _fast(points: int) -> int:
    """The next number that has no prime factors but 2, 3 and 5, whose transform is fast."""
    while True:
        rest = points
        for prime in 2, 3, 5:
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return points
        points += 1
