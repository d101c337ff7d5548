"""What is drawn of answers and of trainings: figures as inline SVG, each with its numbers as words.

Every figure has a table beside it on its page; what a mouse shows on pointing is in there, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.page import text
from earmark.reporting.plots import Axis, Plot, share_axis

Interval = tuple[float, float]

_ROW = 22.0  # units from a row of a plot to the next
_POINTS = 80  # of a curve; more cannot be seen


def percent(share: float | None) -> str:
    """A share as it is written everywhere."""
    return "–" if share is None else f"{share:.1%}"


def heading(words: str) -> str:
    """Words with a capital at the beginning and as they are beyond."""
    return words[:1].upper() + words[1:]


def number(value: float | None) -> str:
    """A metric that is no share."""
    return "–" if value is None else f"{value:.3f}"


def whiskers(
    rows: Sequence[tuple[str, float | None, Sequence[Interval | None]]],
    axis: Axis,
    *,
    names: Sequence[str] = (),
    guide: float | None = None,
    guide_note: str = "",
) -> str:
    """A row per name: a dot at its value and whiskers for its intervals.

    Args:
        rows: name, value and intervals of each row; what is None is not drawn.
        axis: of the values.
        names: of the intervals, for a legend of those that some row has; whiskers of a row lie
            under each other.
        guide: a value to compare with.
        guide_note: what that is.
    """
    longest = max(len(name) for name, *_ in rows)
    left = min(170.0, 14 + 6.3 * longest)
    high = 26.0 if names else 10.0
    plot = Plot(
        axis,
        height=high + (14 if guide_note else 0) + _ROW * len(rows) + 44,
        left=left,
        legend=bool(names),
    )
    series = ("one", "two")
    for i, name in enumerate(names):
        if any(intervals[i] is not None for *_, intervals in rows):
            plot.name(name, series[i], "whisker")
    if guide is not None:
        plot.upright(guide, guide_note)
    y = plot.top + (14 if guide_note else 0) + _ROW / 2 + 3
    for name, value, intervals in rows:
        shown = name if len(name) <= 25 else "…" + name[-24:]
        plot.write(left - 6, y + 4, shown, "end", "tick")
        drawn = [(i, s) for i, s in zip(intervals, series, strict=False) if i is not None]
        for place, (interval, which) in enumerate(drawn):
            plot.whisker(*interval, y + 6 * (place - (len(drawn) - 1) / 2), which)
        if value is not None:
            plot.mark(plot.x(value), y, f"{name}: {axis.form.format(value)}")
        y += _ROW
    return plot.svg(f"{axis.title}, by row; the table says the same")


def reliability(bins: Sequence[Mapping[str, Any]]) -> str:
    """What was stated against what happened; larger dots hold more answers."""
    plot = Plot(share_axis("stated probability"), share_axis("share that was true"), height=300)
    plot.line((0, 0), (1, 1))
    plot.curve((part["stated"], part["happened"]) for part in bins)
    most = max(part["n"] for part in bins)
    for part in bins:
        note = f"{part['n']} answers: stated {part['stated']:.1%}, true {part['happened']:.1%}"
        radius = 2.5 + 5 * (part["n"] / most) ** 0.5
        plot.dot((part["stated"], part["happened"]), note, radius=radius)
    return plot.svg("Reliability: share of answers that were true, by stated probability")


def precision_recall(recall: NDArray[Any], precision: NDArray[Any], base: float, name: str) -> str:
    """The curve of one label; the quiet line is what guessing gives."""
    plot = Plot(share_axis("recall"), share_axis("precision"), height=220)
    plot.line((0, base), (1, base))
    chosen = np.unique(np.linspace(0, len(recall) - 1, _POINTS).round().astype(int))
    plot.curve((float(recall[i]), float(precision[i])) for i in chosen)
    return plot.svg(f"Precision against recall of {name}")


def scatter(truth: NDArray[Any], predicted: NDArray[Any], output: str) -> str:
    """Predicted against true numbers; on the quiet line they are equal."""
    low, high = (float(edge(np.concatenate([truth, predicted]))) for edge in (np.min, np.max))
    if high <= low:
        low, high = low - 0.5, high + 0.5
    room = 0.04 * (high - low)
    low, high = low - room, high + room
    plot = Plot(
        Axis(f"true {output}", low, high), Axis(f"predicted {output}", low, high), height=330
    )
    plot.line((low, low), (high, high))
    for true, said in zip(truth.tolist(), predicted.tolist(), strict=True):
        plot.dot((true, said), f"true {true:.3g}, predicted {said:.3g}", radius=2.2)
    return plot.svg(f"Predicted against true {output}")


def learning(history: Sequence[Mapping[str, Any]], metric: str, kept: int | None) -> str | None:
    """A metric of train and valid side over epochs; None where no epoch has it."""
    lines = {
        side: [
            (float(row["epoch"]), float(row[f"{side}_{metric}"]))
            for row in history
            if np.isfinite(row.get(f"{side}_{metric}", float("nan")))
        ]
        for side in ("valid", "train")
    }
    values = [value for line in lines.values() for _, value in line]
    if not values:
        return None
    shares = metric == "accuracy"
    top = 1.0 if shares else max(values) * 1.05 or 1.0
    last = max(float(row["epoch"]) for row in history)
    plot = Plot(
        Axis("epoch", 1, max(last, 2)),
        share_axis(metric) if shares else Axis(metric, min(0.0, *values), top),
        height=250,
        legend=True,
    )
    if kept is not None:
        plot.upright(kept, f"kept: {kept}")
    for (side, line), series in zip(lines.items(), ("one", "two"), strict=True):
        if line:
            plot.curve(line, series)
            plot.name(side, series)
    return plot.svg(f"{metric} by epoch, on the train and the valid side")


def heat_map(labels: Sequence[str], confusion: Sequence[Sequence[int]]) -> Iterator[str]:
    """Counts by true label and answer as a table whose cells are the darker the larger their share.

    Blue is right and orange wrong; the numbers say it without colour.
    """
    yield '<div class=wide tabindex=0 role=region aria-label="Confusion matrix">'
    yield "<table class=heat><thead><tr><td></td>"
    yield "".join(f'<th scope="col"><span>{text(label)}</span></th>' for label in labels)
    yield '<th scope="col" class=sum><span>tracks</span></th></tr></thead><tbody>'
    for i, (label, row) in enumerate(zip(labels, confusion, strict=True)):
        total = sum(row)
        cells = "".join(
            _cell(number, number / total if total else 0.0, right=i == j)
            for j, number in enumerate(row)
        )
        yield f'<tr><th scope="row">{text(label)}</th>{cells}<td class=sum>{total}</td></tr>'
    yield "</tbody></table></div>"


def _cell(number: int, share: float, *, right: bool) -> str:
    if not number:
        return "<td>·</td>"
    colour = "0 70 130" if right else "170 70 0"
    kind = " class=dark" if share >= 0.65 else ""
    return f'<td{kind} style="background:rgb({colour} / {0.1 + 0.9 * share:.2f})">{number}</td>'
