"""Squares of numbers as SVG: accuracies of pairs of labels, and what is taken for what.

The darker a cell, the larger its number, which stands in it as well. Each hue is a scale whose
lightness falls evenly, so that it also serves who sees no colour; blue and orange differ for all.
A picture is as wide as a plot of `earmark.reporting.plots`, in a page or as a file of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from earmark.page import text
from earmark.reporting.plots import WIDTH, Axis

Hue = Literal["blue", "orange"]
Colour = tuple[int, int, int]

_STOPS: dict[Hue, tuple[Colour, ...]] = {
    "blue": ((236, 244, 250), (156, 202, 232), (48, 130, 190), (6, 44, 92)),
    "orange": ((253, 243, 230), (248, 190, 120), (214, 100, 20), (110, 36, 0)),
}
_LARGEST = 68.0  # side of a cell, in units of the picture
_LETTER = 6.3  # width of one
_READABLE = 16.0  # side of a cell below which a number does not fit
_GAP = 24.0  # between pictures of a file
_CAPTION = 24.0  # height of a line above them
_BAR = 24  # steps of a legend's bar
_FILE_STYLE = (
    "text{font:11.5px system-ui,sans-serif;fill:#1a1a1a}.quiet{fill:#595959}.none{fill:#f1f1f1}"
    ".caption{font-size:13px;font-weight:600}"
)


@dataclass(frozen=True)
class Cell:
    """A number of a square.

    Attributes:
        value: on the scale; None where there is none.
        words: what is written in it.
        note: what is shown when it is pointed at.
        hue: of its scale.
    """

    value: float | None
    words: str
    note: str
    hue: Hue = "blue"


@dataclass(frozen=True)
class Picture:
    """A drawn square.

    Attributes:
        title: what it shows, for those who hear the page.
        height: in units, of which it is `WIDTH` wide.
        body: what is drawn, as SVG.
        caption: what stands above it in a file, to be told from those beside it.
    """

    title: str
    height: float
    body: str
    caption: str = ""

    def svg(self) -> str:
        """The picture for a page."""
        return (
            f'<svg class="plot" viewBox="0 0 {WIDTH:g} {self.height:g}" role="img" '
            f'aria-label="{text(self.title)}">{self.body}</svg>'
        )


def square(
    labels: Sequence[str],
    cell: Callable[[int, int], Cell | None],
    scale: Axis,
    *,
    rows: str,
    columns: str,
    title: str,
    caption: str = "",
    hues: Sequence[tuple[Hue, str]] = (("blue", ""),),
) -> Picture:
    """A square of cells with labels on both sides, and its legend.

    Args:
        labels: of rows and columns.
        cell: of a row and a column; None leaves the place empty.
        scale: of the values; its title is the legend's.
        rows: what the rows are, written along them.
        columns: what the columns are.
        title: what it shows, for those who hear the page.
        caption: the picture's.
        hues: those that are used, each with a word for the legend.
    """
    longest = max(map(len, labels))
    left = 20 + min(_LETTER * longest, 90.0)
    side = min(_LARGEST, (WIDTH - left - 2) / len(labels))
    upright = _LETTER * longest + 6 > side
    top = 22 + (min(_LETTER * longest, 90.0) if upright else 14)
    end = left + side * len(labels)
    parts = [
        _write(left, 12, columns, "quiet", "start"),
        f'<text class="quiet" transform="translate(11 {top:.1f}) rotate(-90)" '
        f'text-anchor="end">{text(rows)}</text>',
    ]
    for i, label in enumerate(labels):
        middle = (i + 0.5) * side
        parts.append(_write(left - 6, top + middle + 4, _short(label), "", "end"))
        if upright:
            parts.append(
                f'<text transform="translate({left + middle + 4:.1f} {top - 6:.1f}) rotate(-90)">'
                f"{text(_short(label))}</text>"
            )
        else:
            parts.append(_write(left + middle, top - 6, _short(label), "", "middle"))
    for i in range(len(labels)):
        for j in range(len(labels)):
            parts += _drawn(cell(i, j), left + j * side, top + i * side, side, scale)
    bottom = top + end - left
    parts += _legend(scale, hues, bottom + 14)
    return Picture(title, round(bottom + 14 + 18 * len(hues) + 20), "".join(parts), caption)


def as_file(*pictures: Picture) -> bytes:
    """Pictures beside each other as an SVG file of its own, on white paper."""
    wide = (WIDTH + _GAP) * len(pictures) - _GAP
    top = _CAPTION if any(picture.caption for picture in pictures) else 0.0
    high = top + max(picture.height for picture in pictures)
    placed = (
        f'<svg x="{i * (WIDTH + _GAP):g}" width="{WIDTH:g}" height="{top + picture.height:g}">'
        f"{_write(8, 14, picture.caption, 'caption', 'start') if picture.caption else ''}"
        f'<g transform="translate(0 {top:g})">{picture.body}</g></svg>'
        for i, picture in enumerate(pictures)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {high:g}" role="img">'
        f"<title>{text('; '.join(picture.title for picture in pictures))}</title>"
        f'<style>{_FILE_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(placed)}</svg>\n"
    ).encode()


def shade(share: float, hue: Hue = "blue") -> tuple[Colour, bool]:
    """The colour of a share of a scale, and whether letters on it must be white.

    Whichever of black and white is chosen has a contrast of at least 4.5, as WCAG 2.1 asks.
    """
    stops = _STOPS[hue]
    place = min(1.0, max(0.0, share)) * (len(stops) - 1)
    first = min(int(place), len(stops) - 2)
    part = place - first
    colour = tuple(
        round(a + part * (b - a)) for a, b in zip(stops[first], stops[first + 1], strict=True)
    )
    red, green, blue = colour
    return (red, green, blue), luminance((red, green, blue)) < 0.179


def luminance(colour: Colour) -> float:
    """The relative luminance of a colour of sRGB, from 0 to 1 (WCAG 2.1)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (c / 255 for c in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _drawn(cell: Cell | None, x: float, y: float, side: float, scale: Axis) -> Iterator[str]:
    if cell is None:
        return
    place = f'x="{x + 0.5:.1f}" y="{y + 0.5:.1f}" width="{side - 1:.1f}" height="{side - 1:.1f}"'
    note = f"<title>{text(cell.note)}</title>"
    if cell.value is None:
        yield f'<rect class="none" {place}>{note}</rect>'
        fill = ""
    else:
        (red, green, blue), dark = shade(scale.place(cell.value, 0, 1), cell.hue)
        yield f'<rect {place} fill="rgb({red},{green},{blue})">{note}</rect>'
        # Cells have the same colour in a dark page, and so have their letters.
        fill = f"fill:{'#fff' if dark else '#000'};"
    if side >= _READABLE and cell.words:
        size = min(13.0, 0.42 * side)
        yield (
            f'<text style="{fill}font-size:{size:.1f}px;pointer-events:none" '
            f'x="{x + side / 2:.1f}" y="{y + side / 2 + 0.36 * size:.1f}" text-anchor="middle">'
            f"{text(cell.words)}</text>"
        )


def _legend(scale: Axis, hues: Sequence[tuple[Hue, str]], y: float) -> Iterator[str]:
    """A bar per hue from the lowest value to the highest, with both written out."""
    wide = 9.0 * _BAR / 2
    words = max(_LETTER * len(word) for _, word in hues)
    start = 8 + words + (12 if words else 0)
    for i, (hue, word) in enumerate(hues):
        at = y + 18 * i
        yield _write(8, at + 10, word, "quiet", "start") if word else ""
        for step in range(_BAR):
            (red, green, blue), _ = shade(step / (_BAR - 1), hue)
            yield (
                f'<rect x="{start + step * wide / _BAR:.2f}" y="{at:.1f}" '
                f'width="{wide / _BAR + 0.3:.2f}" height="12" fill="rgb({red},{green},{blue})"/>'
            )
    under = y + 18 * len(hues) + 9
    low, high = (scale.form.format(value) for value in (scale.low, scale.high))
    yield _write(start, under, low, "quiet", "start")
    yield _write(start + wide, under, high, "quiet", "end")
    yield _write(start + wide + 10, y + 10, scale.title, "quiet", "start")


def _write(x: float, y: float, words: str, kind: str, anchor: str) -> str:
    kind = f'class="{kind}" ' if kind else ""
    return f'<text {kind}x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text(words)}</text>'


def _short(label: str) -> str:
    return label if len(label) <= 14 else label[:13] + "…"
