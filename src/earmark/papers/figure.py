"""One picture of all papers: for every system the paper's number, ours naive, ours leak-free.

Between the two stands the control, where it was run.

matplotlib draws it (extra `explore`); the same results give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from earmark.errors import MissingExtra
from earmark.papers.metrics import METRICS
from earmark.papers.tables import interval_of

# Okabe and Ito's colours, which differ for every eye; the shapes differ, too.
_NAIVE = {"color": "#d55e00", "marker": "s", "label": "naive, as the paper split"}
_LEAK_FREE = {"color": "#0072b2", "marker": "o", "label": "leak-free, by artist"}
_CONTROL = {"color": "#009e73", "marker": "^", "label": "random folds"}
_PAPER = {"color": "black", "marker": "D", "fillstyle": "none", "label": "the paper"}
_MARKS = (("naive", _NAIVE, -0.24), ("control", _CONTROL, 0.0), ("leak-free", _LEAK_FREE, 0.24))


@dataclass(frozen=True)
class _Line:
    """A system in the picture."""

    title: str
    ways: Mapping[str, Mapping[str, Any]]

    @property
    def paper(self) -> float | None:
        return next(iter(self.ways.values()))["paper"]  # type: ignore[no-any-return]


def systems_svg(papers: Sequence[Mapping[str, Any]]) -> bytes:
    """The picture, as SVG.

    Args:
        papers: results, as `earmark.papers.results.read_results` gives them.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra(
            "the figure needs the extra `explore` (matplotlib is missing): "
            "pip install 'earmark[explore]'"
        ) from error
    blocks = [(paper["paper"], list(_lines(paper))) for paper in papers]
    blocks = [(key, lines) for key, lines in blocks if lines]
    rows = sum(len(lines) + 1 for _, lines in blocks)
    style: Any = {"svg.hashsalt": "earmark", "svg.fonttype": "none", "font.family": "sans-serif"}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(8, 1.3 + 0.27 * max(rows, 1)), layout="constrained")
        axes = figure.add_subplot()
        _draw(axes, blocks)
        svg = io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": "Earmark"})
    return svg.getvalue()


def _draw(axes: Any, blocks: Sequence[tuple[str, Sequence[_Line]]]) -> None:
    names: list[tuple[int, str]] = []
    y = 0
    for key, lines in blocks:
        axes.text(
            0,
            y,
            key,
            weight="bold",
            va="center",
            transform=axes.get_yaxis_transform(),
            clip_on=False,
        )
        for line in lines:
            y += 1
            names.append((y, line.title))
            _draw_line(axes, y, line)
        y += 1
    controlled = any("control" in line.ways for _, lines in blocks for line in lines)
    styles = [_PAPER, _NAIVE, *([_CONTROL] if controlled else []), _LEAK_FREE]
    for style in styles:
        axes.plot([], [], linestyle="none", markersize=5, **style)
    axes.set_yticks([at for at, _ in names], [name for _, name in names], fontsize=8)
    axes.set_ylim(y - 0.3, -0.7)
    axes.set_xlim(0, 1)
    axes.set_xlabel("accuracy, with 95 % intervals")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.grid(axis="x", alpha=0.3)
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.figure.legend(
        loc="outside upper center", ncols=len(styles), frameon=False, columnspacing=1.5
    )


def _draw_line(axes: Any, y: int, line: _Line) -> None:
    for way, style, offset in _MARKS:
        measure = line.ways.get(way)
        if measure is None or measure["value"] is None:
            continue
        interval = interval_of(measure, way)
        if interval is not None:
            axes.plot(interval, [y + offset] * 2, color=style["color"], linewidth=1.5, alpha=0.7)
        axes.plot(
            measure["value"], y + offset, markersize=4.5, color=style["color"],
            marker=style["marker"],
        )  # fmt: skip
    if line.paper is not None:
        axes.plot(line.paper, y, markersize=5, **{**_PAPER, "label": None})


def _lines(paper: Mapping[str, Any]) -> Iterator[_Line]:
    """A line per system and data set whose first number is a share, in the table's order."""
    found: dict[tuple[str, str], _Line] = {}
    datasets = {row["dataset"] for row in paper["rows"] if row["listed"]}
    for row in paper["rows"]:
        measure = row["measures"][0]
        if not row["listed"] or not METRICS[measure["metric"]].share:
            continue
        place = row["system"], row["dataset"]
        title = row["title"] + (f" ({row['dataset']})" if len(datasets) > 1 else "")
        before = found[place].ways if place in found else {}
        found[place] = _Line(title, {**before, row["way"]: measure})
    yield from found.values()
