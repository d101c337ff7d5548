"""`earmark forecast`: what comes next in a series, as text, JSON, CSV and a picture."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from earmark.cli.formats import TagFormat
from earmark.cli.messages import complain, printable
from earmark.cli.output import try_to_write, write_result
from earmark.cli.progress import progress_bar
from earmark.errors import BadSeries, MissingExtra
from earmark.forecast.base import Forecast, Method, with_box_cox
from earmark.forecast.baselines import autoregression, naive, seasonal_naive
from earmark.forecast.nnar import Nnar
from earmark.forecast.rolling import Score, judge
from earmark.forecast.rolling import origins as origins_of
from earmark.forecast.series import Series, load_series

_HEADS = ("method", "mean error", "RMSE", "MASE")


def run(
    file: Path,
    model: Nnar,
    *,
    column: str | None,
    seconds: float,
    power: float | None,
    horizon: int,
    levels: Sequence[float],
    origins: int | None,
    plot: Path | None,
    format: TagFormat,
    out: Path | None,
) -> None:
    """Forecast, judge if wanted, and write."""
    picture = _kind_of_picture(plot)
    if format is TagFormat.CSV and origins is not None:
        complain("--evaluate has no place in CSV; take --format table or json")
        sys.exit(2)
    try_to_write(plot)
    series = load_series(file, column, seconds)
    try:
        forecast = with_box_cox(model, power)(series.values, horizon, levels)
        scores = _judged(series, model, power, horizon, levels, origins) if origins else []
    except ImportError as error:
        raise MissingExtra(
            f"forecasting needs the extra `forecast` ({error.name} is missing): "
            "pip install 'earmark[forecast]'"
        ) from error
    except BadSeries as error:
        raise BadSeries(error.reason, file) from None
    if plot is not None and picture is not None:
        from earmark.forecast.picture import draw

        _write_picture(plot, draw(series, forecast, picture))
    if format is TagFormat.CSV:
        write_result(as_csv(series, forecast), out)
    else:
        write = as_json if format is TagFormat.JSON else as_table
        write_result(write(series, forecast, scores), out)


def as_table(series: Series, forecast: Forecast, scores: Sequence[Score]) -> str:
    """A row per step, and a row per method that was judged."""
    rows = [["step", "forecast", *_bounds(forecast, "{edge} {level:g} %")]]
    rows += [
        [cells[0], *(f"{value:.6g}" for value in cells[1:])] for cells in _steps(series, forecast)
    ]
    rows[0][0] = series.times.title
    first, last = series.times.written(0), series.times.written(len(series) - 1)
    title = f"{forecast.model} of {series.title}, from {len(series)} values, {first} to {last}"
    lines = [printable(title), "", *_aligned(rows)]
    if scores:
        heads = [*_HEADS, *(f"within {level:g} %" for level in forecast.intervals)]
        lines += ["", *_aligned([heads, *map(_score, scores)])]
    return "\n".join(lines) + "\n"


def as_json(series: Series, forecast: Forecast, scores: Sequence[Score]) -> str:
    """One object: series, model, steps, and what was judged."""
    names = ["forecast", *_bounds(forecast, "{edge}_{level:g}")]
    about: dict[str, Any] = {
        "series": series.title,
        "n": len(series),
        "first": series.times.written(0),
        "last": series.times.written(len(series) - 1),
        "model": forecast.model,
        "steps": [
            {"time": time, **dict(zip(names, map(_finite, values), strict=True))}
            for time, *values in _steps(series, forecast)
        ],
    }
    if scores:
        about["evaluation"] = [score.to_dict() for score in scores]
    return json.dumps(about, indent=2) + "\n"


def as_csv(series: Series, forecast: Forecast) -> str:
    """A line per step."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([series.times.title, "forecast", *_bounds(forecast, "{edge}_{level:g}")])
    writer.writerows(_steps(series, forecast))
    return text.getvalue()


def _judged(
    series: Series,
    model: Nnar,
    power: float | None,
    horizon: int,
    levels: Sequence[float],
    origins: int,
) -> list[Score]:
    known = origins_of(len(series), horizon, origins)
    period = model.period if model.period > 1 else None
    methods: dict[str, Method] = {
        "NNAR": model,
        "naive": naive,
        "seasonal naive": partial(seasonal_naive, period=period),
        "AR": autoregression,
    }
    scores = []
    with progress_bar(len(methods), "methods") as advance:
        for name, method in methods.items():
            transformed = with_box_cox(method, power)
            scores.append(judge(name, transformed, series.values, known, horizon, levels))
            advance()
    return scores


def _kind_of_picture(plot: Path | None) -> Literal["svg", "png"] | None:
    if plot is None:
        return None
    if plot.suffix.lower() == ".svg":
        return "svg"
    if plot.suffix.lower() == ".png":
        return "png"
    complain(f"--plot {plot}: must end in .svg or .png")
    sys.exit(2)


def _write_picture(path: Path, picture: bytes) -> None:
    try:
        path.write_bytes(picture)
    except OSError as error:
        complain(f"{path}: cannot be written: {error.strerror}")
        sys.exit(2)


def _bounds(forecast: Forecast, form: str) -> list[str]:
    return [form.format(edge=e, level=k) for k in forecast.intervals for e in ("low", "high")]


def _steps(series: Series, forecast: Forecast) -> Iterator[tuple[Any, ...]]:
    """Time, forecast, and the bounds of each interval; six digits."""
    bounds = [bound for interval in forecast.intervals.values() for bound in interval]
    for i, values in enumerate(zip(forecast.point, *bounds, strict=True)):
        yield series.times.written(len(series) + i), *(float(f"{value:.6g}") for value in values)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _score(score: Score) -> list[str]:
    about = score.to_dict()
    shares = [f"{part['coverage']:.0%}" for part in about["intervals"]]
    return [score.method, *(f"{about[key]:.4g}" for key in ("mae", "rmse", "mase")), *shares]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as columns, the first set to the left."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            f"{cell:<{width}}" if i == 0 else f"{cell:>{width}}"
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
