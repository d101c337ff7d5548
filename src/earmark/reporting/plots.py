"""Plots as inline SVG: axes with units, lines, dots, whiskers; nothing but text and a style sheet.

A plot is `WIDTH` units wide, about the pixels of a telephone's screen, so that its letters are
readable there and grow on larger ones. Series differ in dash and mark as well as in colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from earmark.page import text

WIDTH = 360.0
SERIES = ("one", "two", "three")
"""Names of series, in the order in which colours and dashes are given out; see report.css."""

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Axis:
    """A direction of a plot.

    Attributes:
        title: what it shows, with its unit.
        low: the value at its beginning.
        high: the value at its end.
        form: how a tick is written, as for `str.format`.
    """

    title: str
    low: float
    high: float
    form: str = "{:g}"

    def ticks(self) -> list[float]:
        """Where ticks are: at round values."""
        return round_values(self.low, self.high)

    def place(self, value: float, start: float, end: float) -> float:
        """Where a value lies between two coordinates; never beyond them."""
        share = (value - self.low) / (self.high - self.low)
        return start + min(1.0, max(0.0, share)) * (end - start)


def share_axis(title: str, low: float = 0.0, high: float = 1.0) -> Axis:
    """An axis of shares or probabilities, written as percentages."""
    return Axis(title, low, high, "{:.0%}")


def round_values(low: float, high: float, most: int = 6) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between two values, at most so many."""
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    while (high - low) / step >= most:
        step *= 2.5 if f"{step:e}".startswith("2") else 2.0
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


class Plot:
    """A plot under construction; each method draws over what is there."""

    def __init__(
        self,
        x: Axis,
        y: Axis | None = None,
        *,
        height: float = 240,
        left: float = 56,
        legend: bool = False,
    ) -> None:
        """A frame with ticks; without `y` the plot has rows, which the caller places."""
        self._x, self._y = x, y
        self._left, self._right = left, WIDTH - 18
        self._top, self._bottom = 26.0 if legend else 10.0, height - 38
        self._height = height
        self._parts: list[str] = []
        self._legend_at = left if left < 90 else 8.0  # wide margins leave too little room
        self._draw_x()
        if y is not None:
            self._draw_y(y)

    @property
    def top(self) -> float:
        """Upper end of the plane, in units of the picture."""
        return self._top

    @property
    def bottom(self) -> float:
        """Its lower end."""
        return self._bottom

    def x(self, value: float) -> float:
        """Where a value lies, in units of the picture."""
        return self._x.place(value, self._left, self._right)

    def y(self, value: float) -> float:
        """Where a value lies, in units of the picture."""
        assert self._y is not None
        return self._y.place(value, self._bottom, self._top)

    def curve(self, points: Iterable[Point], series: str = "one") -> None:
        """A line through points, in the plot's values."""
        places = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        self._parts.append(f'<polyline class="curve {series}" points="{places}"/>')

    def line(self, first: Point, last: Point) -> None:
        """A quiet line for comparison, between two points."""
        (a, b), (c, d) = first, last
        self._stroke(self.x(a), self.y(b), self.x(c), self.y(d), "guide")

    def upright(self, value: float, note: str = "") -> None:
        """A quiet line at a value of x, with a note at its upper end."""
        x = self.x(value)
        self._stroke(x, self._top, x, self._bottom, "guide")
        if note:
            late = x > (self._left + self._right) / 2
            self.write(x + (-4 if late else 4), self._top + 10, note, "end" if late else "start")

    def dot(self, at: Point, note: str, *, radius: float = 3.5, series: str = "one") -> None:
        """A dot at values; the note is shown when pointed at."""
        self.mark(self.x(at[0]), self.y(at[1]), note, radius=radius, series=series)

    def mark(
        self, x: float, y: float, note: str, *, radius: float = 3.5, series: str = "one"
    ) -> None:
        """A dot at units of the picture; the note is shown when pointed at."""
        self._parts.append(
            f'<circle class="dot {series}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}">'
            f"<title>{text(note)}</title></circle>"
        )

    def whisker(self, low: float, high: float, y: float, series: str = "one") -> None:
        """An interval of x, at a height in units of the picture."""
        a, b = self.x(low), self.x(high)
        self._parts.append(f'<path class="whisker {series}" d="M{a:.1f} {y:.1f}H{b:.1f}"/>')

    def write(
        self, x: float, y: float, words: str, anchor: Anchor = "start", kind: str = "note"
    ) -> None:
        """Words at units of the picture."""
        self._parts.append(
            f'<text class={kind} x="{x:.1f}" y="{y:.1f}" text-anchor={anchor}>{text(words)}</text>'
        )

    def name(self, words: str, series: str, mark: Literal["curve", "whisker"] = "curve") -> None:
        """An entry of the legend, above the plane."""
        x = self._legend_at
        self._parts.append(f'<path class="{mark} {series}" d="M{x:.1f} 12H{x + 22:.1f}"/>')
        self.write(x + 27, 16, words)
        self._legend_at += 44 + 6.2 * len(words)

    def svg(self, title: str) -> str:
        """The picture; the title says what it shows, for those who hear the page."""
        return (
            f'<svg class=plot viewBox="0 0 {WIDTH:g} {self._height:g}" role=img '
            f'aria-label="{text(title)}">' + "".join(self._parts) + "</svg>"
        )

    def _draw_x(self) -> None:
        for value in self._x.ticks():
            x = self.x(value)
            self._stroke(x, self._top, x, self._bottom, "grid")
            self.write(x, self._bottom + 14, self._x.form.format(value), "middle", "tick")
        middle = (self._left + self._right) / 2
        self.write(middle, self._height - 6, self._x.title, "middle", "title")

    def _draw_y(self, axis: Axis) -> None:
        for value in axis.ticks():
            y = self.y(value)
            self._stroke(self._left, y, self._right, y, "grid")
            self.write(self._left - 5, y + 4, axis.form.format(value), "end", "tick")
        middle = (self._top + self._bottom) / 2
        self._parts.append(
            f'<text class=title transform="translate(11 {middle:.1f}) rotate(-90)" '
            f"text-anchor=middle>{text(axis.title)}</text>"
        )

    def _stroke(self, a: float, b: float, c: float, d: float, kind: str) -> None:
        self._parts.append(f'<path class={kind} d="M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}"/>')
