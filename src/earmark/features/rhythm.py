"""Rhythm: how strong onsets are, and after which times they come again.

The onset curve is the rectified flux of dB (Klapuri 1999); its autocorrelation and the highest
peaks of that are the beat histogram of Tzanetakis and Cook 2002.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from earmark.features.log_mel import LogMel
from earmark.features.settings import check_positive
from earmark.features.stored import STORED
from earmark.features.texture import (
    Levels,
    Texture,
    check_up_to_bands,
    group_names,
    grouped,
    skewness,
)

_STILL_DB = 0.1  # onsets weaker than this are none
_RANGES = 12  # of lags
_SHORTEST_BEAT_SECONDS = 0.3  # 200 beats a minute
_PEAKS = 2


@dataclass(frozen=True, kw_only=True)
class Rhythm(Texture):
    """Settings of rhythm, and the extractor itself.

    The onset curve of a group of neighbouring bands is how much their levels rise from column to
    column, falls counting as 0, on average over the bands. Of each curve the vector holds the mean
    (10 log10 of dB a column), deviation by mean, and skewness: a drum has few strong onsets, a
    string section many weak ones. The autocorrelations of all curves, 1 where a curve repeats
    itself, are averaged; of that the vector holds the highest and the mean in ever wider ranges of
    lags, and period (log2 of seconds) and height of the two highest peaks from 0.3 s on, 0 where
    there are none.

    Columns of the stored log-mel lie 77.4 ms apart. A beat of 120 a minute lasts 6.5 of them and
    falls between the lags of 129 and 111 a minute: this tells slow from fast and even from uneven,
    and does not measure tempo. What is faster than 6.5 Hz, such as sixteenths above 97 beats a
    minute, is heard at a wrong rate. A constant gain per band changes nothing.

    Attributes:
        source: the log-mel; by default as it is stored.
        window_seconds: about how long a texture window is (`earmark.features.texture`).
        groups: groups of bands, equally wide on the mel scale.
        longest_seconds: the longest lag; two bars of 4/4 at 120 a minute are 4 s.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.

    Example:
        >>> import numpy as np
        >>> from earmark.features.rhythm import Rhythm
        >>> noise = np.random.default_rng(0).standard_normal(3 * 22050).astype(np.float32)
        >>> Rhythm()(noise).shape
        (50,)
    """

    name: ClassVar[str] = "rhythm"

    source: LogMel = STORED
    window_seconds: float = 30.0
    groups: int = 8
    longest_seconds: float = 4.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_up_to_bands(self, "groups")
        check_positive(self, "longest_seconds", "s")
        if self._lags <= self._shortest_beat:
            raise ValueError(
                f"longest_seconds must be more than {_SHORTEST_BEAT_SECONDS:g}, and by some "
                f"columns of the source, not {self.longest_seconds:g}"
            )

    @property
    def table(self) -> dict[str, tuple[str, ...]]:
        """Statistics of onsets per group of bands, autocorrelation per range of lags, and peaks."""
        groups = group_names(self.source, self.groups)
        starts = self._range_starts
        ends = np.append(starts[1:], self._lags + 1) - 1
        ranges = tuple(
            f"{first / self.columns_per_second:.2f} to {last / self.columns_per_second:.2f} s"
            for first, last in zip(starts, ends, strict=True)
        )
        peaks = tuple(f"peak {i + 1}" for i in range(_PEAKS))
        return {
            "onset strength": groups,
            "onset variation": groups,
            "onset skewness": groups,
            "highest autocorrelation": ranges,
            "mean autocorrelation": ranges,
            "period": peaks,
            "autocorrelation": peaks,
        }

    def describe(self, levels: Levels) -> Levels:
        """The vector of one window [shape=(bands, columns)] → [shape=(entries,)]."""
        onsets = grouped(np.maximum(np.diff(levels), 0), self.groups)
        mean = onsets.mean(axis=1)
        similarity = _autocorrelation(onsets, self._lags).mean(axis=0)
        starts = self._range_starts
        sizes = np.diff(starts, append=len(similarity))
        periods, heights = self._peaks(similarity)
        return np.concatenate(
            [
                10 * np.log10(mean + _STILL_DB),
                onsets.std(axis=1) / (mean + _STILL_DB),
                skewness(onsets, floor=_STILL_DB),
                np.maximum.reduceat(similarity, starts),
                np.add.reduceat(similarity, starts) / sizes,
                periods,
                heights,
            ]
        )

    @property
    def _lags(self) -> int:
        """The longest lag in columns."""
        return round(self.longest_seconds * self.columns_per_second)

    @property
    def _shortest_beat(self) -> int:
        """The shortest lag in columns that is taken for a beat."""
        return int(np.ceil(_SHORTEST_BEAT_SECONDS * self.columns_per_second))

    @property
    def _range_starts(self) -> NDArray[np.int64]:
        """The first lag of each range, of which there are fewer where lags are few."""
        edges = np.rint(np.geomspace(1, self._lags + 1, _RANGES + 1)[:-1]).astype(np.int64)
        # They ascend; np.unique would import numpy.ma, a twentieth of a cold start.
        return edges[np.diff(edges, prepend=0) > 0]

    def _peaks(self, similarity: Levels) -> tuple[Levels, Levels]:
        """Periods in log2 of seconds and heights of the highest peaks that may be beats."""
        inner = similarity[1:-1]
        is_peak = (inner > similarity[:-2]) & (inner >= similarity[2:]) & (inner > 0)
        lags = 1 + np.flatnonzero(is_peak)
        lags = lags[lags >= self._shortest_beat]
        highest = lags[np.argsort(-similarity[lags], kind="stable")][:_PEAKS]
        periods, heights = np.zeros(_PEAKS), np.zeros(_PEAKS)
        periods[: len(highest)] = np.log2(highest / self.columns_per_second)
        heights[: len(highest)] = similarity[highest]
        return periods, heights


def _autocorrelation(curves: Levels, lags: int) -> Levels:
    """Of each row, by Fourier transform [shape=(curves, columns)] → [shape=(curves, lags + 1)]."""
    columns = curves.shape[1]
    centred = curves - curves.mean(axis=1, keepdims=True)
    size = 1 << (columns + lags).bit_length()  # so long that no end meets the beginning
    power = np.abs(np.fft.rfft(centred, size)) ** 2
    products = np.fft.irfft(power, size)[:, : lags + 1]
    similarity: Levels = products / (products[:, :1] + columns * _STILL_DB**2)
    return similarity
