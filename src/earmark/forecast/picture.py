"""A series and its forecast as a picture: SVG or PNG, by matplotlib (extra `forecast`)."""

from __future__ import annotations

import io
from typing import Any, Literal

import numpy as np

from earmark.errors import MissingExtra
from earmark.forecast.base import Forecast
from earmark.forecast.series import Series

_COLOUR = "#0072b2"  # Okabe and Ito's blue
_SHOWN = 10  # horizons of the past
_ROOM = 1.0  # spans of the series above and below it; wider intervals leave the picture


def draw(series: Series, forecast: Forecast, form: Literal["svg", "png"]) -> bytes:
    """The picture; the same forecast gives the same bytes.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra(
            "the plot needs the extra `forecast` (matplotlib is missing): "
            "pip install 'earmark[forecast]'"
        ) from error
    style: Any = {"svg.hashsalt": "earmark", "svg.fonttype": "none", "font.family": "sans-serif"}
    metadata = {"Date": None, "Creator": "Earmark"} if form == "svg" else {"Software": "Earmark"}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(8, 3.6), layout="constrained")
        _fill(figure.add_subplot(), series, forecast)
        picture = io.BytesIO()
        figure.savefig(picture, format=form, metadata=metadata, dpi=160)
    return picture.getvalue()


def _fill(axes: Any, series: Series, forecast: Forecast) -> None:
    n, horizon = len(series), len(forecast.point)
    begin = max(0, n - _SHOWN * horizon)
    past, shown = [series.times.at(i) for i in range(begin, n)], series.values[begin:]
    future = [series.times.at(n - 1 + i) for i in range(horizon + 1)]  # joins the last value
    room = _ROOM * np.ptp(shown)
    floor, ceiling = shown.min() - room, shown.max() + room
    widest_first = sorted(forecast.intervals.items(), reverse=True)
    depths = np.linspace(0.18, 0.36, len(widest_first))
    for (level, bounds), depth in zip(widest_first, depths, strict=True):
        low, high = (np.append(shown[-1], bound) for bound in bounds)
        beyond = f" (to {float(f'{high.max():.2g}'):,g})" if high.max() > ceiling else ""
        style = {"color": _COLOUR, "alpha": depth, "linewidth": 0}
        axes.fill_between(future, low, high, label=f"{level:g} % interval{beyond}", **style)
    axes.plot(past, shown, color="black", linewidth=1.1, label=series.title)
    point = np.append(shown[-1], forecast.point)
    axes.plot(future, point, color=_COLOUR, linewidth=1.8, linestyle="--", label=forecast.model)
    low, high = axes.get_ylim()
    axes.set_ylim(max(low, floor), min(high, ceiling))
    axes.set_xlim(past[0], future[-1])
    axes.set_xlabel(series.times.title)
    axes.set_ylabel(series.title)
    axes.grid(alpha=0.3)
    axes.spines[["right", "top"]].set_visible(False)
    entries = list(zip(*axes.get_legend_handles_labels(), strict=True))
    *intervals, past_line, future_line = entries  # in the order in which they were drawn
    handles, names = zip(past_line, future_line, *reversed(intervals), strict=True)
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 4}
    axes.legend(handles, names, frameon=False, **place)
