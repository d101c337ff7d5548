"""What is drawn of an exploration, as inline SVG; the tables beside it hold the numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from earmark.explore.collection import Numbers
from earmark.explore.correlation import Correlation
from earmark.explore.listening import Picture
from earmark.explore.maps import Judged
from earmark.explore.spectra import Spectra
from earmark.features.mel import hz_to_mel
from earmark.media import as_picture
from earmark.page import text
from earmark.reporting import figures
from earmark.reporting.plots import WIDTH, Axis, Plot, share_axis

_LOW, _WHITE, _HIGH = (179, 74, 0), (250, 250, 250), (0, 90, 150)


@dataclass(frozen=True)
class OctaveAxis(Axis):
    """A frequency in kHz, equal steps for equal ratios."""

    def ticks(self) -> list[float]:
        """Powers of ten with their double and their fivefold."""
        found = [step * 10.0**power for power in range(-2, 2) for step in (1, 2, 5)]
        return [khz for khz in found if self.low <= khz <= self.high]

    def place(self, value: float, start: float, end: float) -> float:
        """Where a frequency lies between two coordinates."""
        low, high = math.log(self.low), math.log(self.high)
        share = (math.log(max(value, self.low)) - low) / (high - low)
        return start + min(1.0, share) * (end - start)


@dataclass(frozen=True)
class MelAxis(Axis):
    """A frequency in kHz, equal steps for equal steps of Slaney's mel scale."""

    def ticks(self) -> list[float]:
        """So that they are read without touching."""
        return [0.5, 1.0, 2.0, 4.0, 8.0]

    def place(self, value: float, start: float, end: float) -> float:
        """Where a frequency lies between two coordinates."""
        mels = hz_to_mel(np.array([self.low, value, self.high]) * 1000, "slaney")
        share = float((mels[1] - mels[0]) / (mels[2] - mels[0]))
        return start + share * (end - start)


class PicturePlot(Plot):
    """A plot whose plane is a picture."""

    def paint(self, png: str, kind: str = "smooth") -> None:
        """Fill the plane."""
        left, right = self._left, self._right
        self._parts.append(
            f'<image class={kind} href="{png}" x="{left:.1f}" y="{self._top:.1f}" '
            f'width="{right - left:.1f}" height="{self._bottom - self._top:.1f}" '
            'preserveAspectRatio="none"/>'
        )

    def follow(self) -> None:
        """A line that a script moves along with what is heard."""
        left, wide = self._left, self._right - self._left
        self._parts.append(
            f'<path class=now style="--wide:{wide:.0f}" '
            f'd="M{left:.1f} {self._top:.1f}V{self._bottom:.1f}"/>'
        )


def distribution(labels: Sequence[str], counts: Sequence[int]) -> str:
    """Tracks of each label, a line to each number."""
    axis = Axis("tracks", 0, max(counts) * 1.04)
    rows = [
        (label, float(count), [(0.0, float(count))])
        for label, count in zip(labels, counts, strict=True)
    ]
    return figures.whiskers(rows, axis)


def scores(judged: Sequence[Judged]) -> str:
    """k-NN accuracy held out, with its interval, a row per method."""
    rows = [
        (row.title, row.held_out.accuracy, [row.held_out.interval])
        for row in judged
        if row.held_out is not None
    ]
    return figures.whiskers(rows, share_axis("k-NN accuracy, held out"))


def spectrum(spectra: Spectra, code: int) -> str:
    """The average spectrum of a label over that of all tracks."""
    every = np.concatenate([spectra.levels.ravel(), spectra.overall])
    low, high = 10 * math.floor(every.min() / 10), 10 * math.ceil(every.max() / 10)
    plot = Plot(
        OctaveAxis("frequency in kHz", 0.03, 11.025),
        Axis("level in dB", low, high),
        height=210,
        legend=True,
    )
    khz = (spectra.centres / 1000).tolist()
    plot.curve(zip(khz, spectra.overall.tolist(), strict=True), "two")
    label = "all tracks"
    if code >= 0:
        label = spectra.labels[code]
        plot.curve(zip(khz, spectra.levels[code].tolist(), strict=True))
        plot.name(label, "one")
    plot.name("all tracks", "two")
    return plot.svg(f"Average spectrum of {label}; the table has it in four ranges")


def density(periodogram: Numbers, name: str) -> str:
    """A periodogram, in steps of a twelfth of an octave."""
    plot = Plot(
        OctaveAxis("frequency in kHz", 0.03, 11.025), Axis("power in dB", -80, 0), height=190
    )
    hz, levels = periodogram
    plot.curve(zip((hz / 1000).tolist(), levels.tolist(), strict=True))
    return plot.svg(f"Periodogram of {name}: power in dB below the highest, by frequency")


def spectrogram(picture: Picture, name: str) -> str:
    """A spectrogram with its axes, and a line for what is heard."""
    axes = {
        "mel": MelAxis("frequency in kHz", 0, picture.hz / 1000),
        "linear": Axis("frequency in kHz", 0, picture.hz / 1000),
        "gabor": Axis("frequency in kHz", 0, picture.hz / 1000),
    }
    plot = PicturePlot(Axis("time in s", 0, picture.seconds), axes[picture.kind], height=190)
    plot.paint(picture.png)
    plot.follow()
    return plot.svg(f"{KINDS[picture.kind]} of {name}")


KINDS = {
    "mel": "Mel spectrogram",
    "linear": "Linear spectrogram",
    "gabor": "Gabor transform",
}


def correlations(found: Correlation) -> str:
    """r of each two tracks as a square of coloured cells, with the labels at two of its sides."""
    share = (found.matrix + 1) / 2
    below = np.clip(2 * share, 0, 1)[..., None]
    above = np.clip(2 * share - 1, 0, 1)[..., None]
    low, white, high = (np.array(colour, np.float64) for colour in (_LOW, _WHITE, _HIGH))
    cells = low + below * (white - low) + above * (high - white)
    left, top, side = 66.0, 10.0, 284.0
    step = side / len(found.rows)
    parts = [
        f'<image class=cells href="{as_picture(cells.round().astype(np.uint8))}" x="{left}" '
        f'y="{top}" width="{side}" height="{side}" preserveAspectRatio="none"/>'
    ]
    borders = [border * step for border in found.borders]
    for i, (begin, end) in enumerate(pairwise(borders)):
        middle = (begin + end) / 2
        name = text(found.labels[i] if len(found.labels[i]) < 12 else found.labels[i][:10] + "…")
        parts.append(
            f'<text x="{left - 5}" y="{top + middle + 4:.1f}" text-anchor=end>{name}</text>'
            f'<text transform="translate({left + middle + 4:.1f} {top + side + 6}) rotate(-60)" '
            f"text-anchor=end>{name}</text>"
        )
    for at in borders[1:-1]:
        parts.append(
            f'<path stroke="#888" stroke-width=".6" d="M{left} {top + at:.1f}h{side}'
            f'M{left + at:.1f} {top}v{side}"/>'
        )
    parts.append(_scale(left, top + side + 70, side))
    return (
        f'<svg class="plot correlation" viewBox="0 0 {WIDTH:g} {top + side + 104:g}" role=img '
        'aria-label="Correlation of tracks, label by label; the table has the means">'
        + "".join(parts)
        + "</svg>"
    )


def _scale(left: float, top: float, wide: float) -> str:
    """The legend of the colours, from −1 to 1."""
    colours = (_LOW, _WHITE, _HIGH)
    stops = "".join(
        f'<stop offset="{i / 2}" stop-color="rgb{colour}"/>' for i, colour in enumerate(colours)
    )
    words = "".join(
        f'<text x="{left + share * wide:.1f}" y="{top + 24}" text-anchor={anchor}>{word}</text>'
        for share, anchor, word in (
            (0, "start", "−1"),
            (0.5, "middle", "0, Pearson's r"),
            (1, "end", "1"),
        )
    )
    return (
        f"<defs><linearGradient id=r-scale>{stops}</linearGradient></defs>"
        f'<rect x="{left}" y="{top}" width="{wide}" height="9" fill="url(#r-scale)"/>{words}'
    )
