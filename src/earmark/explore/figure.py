"""Maps as one SVG for a document, where no script runs: a panel per map, marks as short paths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from earmark.explore.collection import Collection
from earmark.explore.maps import Map
from earmark.page import text

_SIDE, _LEFT, _TOP, _FOOT, _GAP = 300.0, 34.0, 26.0, 44.0, 22.0
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#c05f94", "#b07a00", "#3c9bd0", "#555555")
_MARKS = (
    "m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0z",
    "m-1.8-1.8h3.6v3.6h-3.6z",
    "m0-2.4l2.3 4.2h-4.6z",
    "m0-2.6l2.4 2.6-2.4 2.6-2.4-2.6z",
    "m0 2.4l2.3-4.2h-4.6z",
    "m-2.2-.6h1.6v-1.6h1.2v1.6h1.6v1.2h-1.6v1.6h-1.2v-1.6h-1.6z",
    "m-2.2-1.4l.8-.8 1.4 1.4 1.4-1.4 .8.8-1.4 1.4 1.4 1.4-.8.8-1.4-1.4-1.4 1.4-.8-.8 1.4-1.4z",
)


def draw(collection: Collection, maps: Sequence[Map], columns: int = 2) -> str:
    """Maps in two dimensions side by side, with a legend below; all labels have their own mark."""
    rows = -(-len(maps) // columns)
    wide, high = _LEFT + _SIDE + _GAP, _TOP + _SIDE + _FOOT
    legend, below = _legend(collection.labels, columns * wide, rows * high + 16)
    parts = [
        f'<g transform="translate({i % columns * wide:g} {i // columns * high:g})">'
        + "".join(_panel(collection, one, _title(one, maps)))
        + "</g>"
        for i, one in enumerate(maps)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {columns * wide:g} {below:g}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#222">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}{legend}</svg>\n'
    )


def _title(one: Map, maps: Sequence[Map]) -> str:
    """Its own; beside the held-out tracks of the same method, that it knows its tracks."""
    other = any(each.held_out and each.method == one.method for each in maps)
    return f"{one.title}, fitted on these tracks" if other and not one.held_out else one.title


def _panel(collection: Collection, one: Map, title: str) -> list[str]:
    middle = (one.places.max(axis=0) + one.places.min(axis=0)) / 2
    half = max(float(np.ptp(one.places, axis=0).max()) / 2 * 1.05, 1e-9)
    share = (one.places - middle + half) / (2 * half)
    x, y = _LEFT + share[:, 0] * _SIDE, _TOP + (1 - share[:, 1]) * _SIDE
    parts = [
        f'<text x="{_LEFT}" y="16" font-weight="600">{text(title)}</text>',
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" '
        'stroke="#ccc"/>',
        *_names(one, middle, half),
    ]
    codes = collection.codes[one.rows]
    for code in range(len(collection.labels)):
        own = np.flatnonzero(codes == code)
        path = "".join(f"M{x[i]:.1f} {y[i]:.1f}{_MARKS[code % len(_MARKS)]}" for i in own)
        parts.append(f'<path d="{path}" {_paint(code)}/>')
    return parts


def _paint(code: int) -> str:
    """Filled while there are colours, outlined beyond."""
    colour = _COLOURS[code % len(_COLOURS)]
    if code < len(_COLOURS):
        return f'fill="{colour}" fill-opacity=".75"'
    return f'fill="#fff" stroke="{colour}" stroke-width=".9"'


def _names(one: Map, middle: Sequence[float], half: float) -> list[str]:
    """Titles of both axes, with the values at their ends."""
    (first, unit), (second, other) = one.axes[:2]
    centre, foot = _LEFT + _SIDE / 2, _TOP + _SIDE
    ends = [[f"{m + sign * half:.3g}".replace("-", "−") for sign in (-1, 1)] for m in middle]
    quiet = 'fill="#595959"'
    return [
        f'<text x="{centre}" y="{foot + 30}" text-anchor="middle" {quiet}>'
        f"{text(first)} ({text(unit)})</text>",
        f'<text transform="translate(12 {_TOP + _SIDE / 2}) rotate(-90)" text-anchor="middle" '
        f"{quiet}>{text(second)} ({text(other)})</text>",
        f'<text x="{_LEFT}" y="{foot + 15}" {quiet}>{ends[0][0]}</text>',
        f'<text x="{_LEFT + _SIDE}" y="{foot + 15}" text-anchor="end" {quiet}>{ends[0][1]}</text>',
        f'<text transform="translate({_LEFT - 6} {foot}) rotate(-90)" {quiet}>{ends[1][0]}</text>',
        f'<text transform="translate({_LEFT - 6} {_TOP}) rotate(-90)" text-anchor="end" {quiet}>'
        f"{ends[1][1]}</text>",
    ]


def _legend(labels: Sequence[str], wide: float, top: float) -> tuple[str, float]:
    """Marks with their names, and where they end."""
    parts, x, y = [], 40.0, top
    for code, label in enumerate(labels):
        length = 26 + 7.2 * len(label)
        if x + length > wide:
            x, y = 40.0, y + 20
        parts.append(
            f'<path d="M{x} {y}{_MARKS[code % len(_MARKS)]}" {_paint(code)} '
            f'transform="translate({-0.8 * x:g} {-0.8 * y:g}) scale(1.8)"/>'
            f'<text x="{x + 9}" y="{y + 4}">{text(label)}</text>'
        )
        x += length
    return "".join(parts), y + 18
