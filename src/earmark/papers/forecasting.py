"""What `liu2017` says of regression: NNAR forecasts of sunspot areas, here held against baselines.

The slides fit `nnetar(sunspotarea)`, with and without `lambda = 0`, and draw 20 steps of each, and
no number. R's series ends in 2011; the one at hand goes on to 2015. Both are judged by rolling
origin over the later half, at every year from which 20 steps are known. The network drawn on the
slides, NNAR(4, 6), is judged beside those that AIC chooses, and R's intervals beside those from
held-out errors. A track's loudness is forecast in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from earmark.errors import MissingExtra
from earmark.forecast.base import Forecast, Method, with_box_cox
from earmark.forecast.baselines import autoregression, naive, seasonal_naive
from earmark.forecast.nnar import Nnar
from earmark.forecast.picture import draw
from earmark.forecast.rolling import Score, judge, origins
from earmark.forecast.series import Series, load_series
from earmark.papers.base import Findings, Material, Study
from earmark.papers.tables import as_markdown

HORIZON = 20
LEVELS = (80.0, 95.0)
SUNSPOTS, TRACK = "sunspotarea", "track"

_OURS, _AS_R, _DRAWN = "NNAR", "NNAR, intervals as R's", "NNAR(4, 6), as drawn"
_HEAD = (
    "to",
    "lambda",
    "method",
    "error, first step",
    "mean error",
    "RMSE",
    "MASE",
    "within 80 %",
    "within 95 %",
    "width of 95 %",
)


@dataclass(frozen=True)
class Case:
    """A series as it is judged.

    Attributes:
        end: the last time that is known; all of the series if None.
        power: lambda of the Box-Cox transform; None is without.
        drawn: whether the forecast becomes a picture.
    """

    end: str | None = None
    power: float | None = None
    drawn: bool = True


CASES = {
    SUNSPOTS: (Case("2011"), Case("2011", 0), Case("2015", None, False), Case("2015", 0, False)),
    TRACK: (Case(),),
}


def study(material: Material) -> Findings:
    """Forecasts, scores and pictures of one file.

    Raises:
        BadSeries: the file holds no such series.
        MissingExtra: the extra `forecast` is not installed.
    """
    try:
        return _study(material)
    except ImportError as error:
        raise MissingExtra(
            f"forecasting needs the extra `forecast` ({error.name} is missing): "
            "pip install 'earmark[forecast]'"
        ) from error


STUDY = Study(
    key="forecasting",
    title="Forecasting",
    needs=(),
    run=study,
    data=tuple(CASES),
    networks=False,
)


def _study(material: Material) -> Findings:
    series = load_series(material.path)
    model = Nnar(repeats=2, paths=50) if material.quick else Nnar()
    lines: list[tuple[str, ...]] = []
    data: list[dict[str, Any]] = []
    pictures: dict[str, bytes] = {}
    chosen, shown = [], []
    for case in CASES[material.dataset]:
        known = _until(series, case.end)
        forecast = with_box_cox(model, case.power)(known.values, HORIZON, LEVELS)
        places = origins(len(known), HORIZON, 2 if material.quick else None)
        methods = _methods(model, material.dataset)
        scores = [
            judge(name, with_box_cox(method, case.power), known.values, places, HORIZON, LEVELS)
            for name, method in methods.items()
        ]
        lines += [_line(known, case, score) for score in scores]
        data.append(_told(known, case, forecast, len(places), scores))
        chosen.append(f"{forecast.model} to {_last(known)}{_with(case.power)}")
        if case.drawn:
            name = f"liu2017-{material.dataset}{'-log' if case.power == 0 else ''}.svg"
            pictures[name] = draw(known, forecast, "svg")
            shown.append(f"{forecast.model} from {_last(known)} on{_with(case.power)}")
    text = [
        *(
            line
            for name, words in zip(pictures, shown, strict=True)
            for line in (f"{words}:", "", f"![{words}]({name})", "")
        ),
        f"`{material.path.name}`: {series.title}, {len(series)} values, "
        f"{series.times.title} {series.times.written(0)} to "
        f"{_last(series)}; {HORIZON} steps ahead, drawn with 80 and 95 % intervals. AIC gives "
        f"{', '.join(chosen)}.",
        "",
        *as_markdown(_HEAD, lines),
        "",
        *_reading(data),
    ]
    return Findings(text="\n".join(text), data={"cases": data}, pictures=pictures)


def _methods(model: Nnar, dataset: str) -> dict[str, Method]:
    methods: dict[str, Method] = {_OURS: model, _AS_R: replace(model, residuals="in-sample")}
    if dataset == SUNSPOTS:
        methods[_DRAWN] = replace(model, lags=4, size=6)
    return {**methods, "naive": naive, "seasonal naive": seasonal_naive, "AR": autoregression}


def _until(series: Series, end: str | None) -> Series:
    """The series up to a time, which it holds; all of it if None, or if it ends before."""
    times = [series.times.written(i) for i in range(len(series))]
    return series.until(times.index(end) + 1 if end in times else len(series))


def _line(series: Series, case: Case, score: Score) -> tuple[str, ...]:
    shares = [f"{part['coverage']:.0%}" for part in score.to_dict()["intervals"]]
    errors = (score.mae[0], score.mae.mean(), score.rmse)
    return (
        _last(series),
        "–" if case.power is None else f"{case.power:g}",
        score.method,
        *(_short(value) for value in errors),
        f"{score.mase:.2f}",
        *shares,
        _short(score.width[LEVELS[-1]]),
    )


def _told(
    series: Series, case: Case, forecast: Forecast, places: int, scores: Sequence[Score]
) -> dict[str, Any]:
    return {
        "to": _last(series),
        "n": len(series),
        "lambda": case.power,
        "model": forecast.model,
        "origins": places,
        "forecast": [float(f"{value:.6g}") for value in forecast.point],
        "scores": [score.to_dict() for score in scores],
    }


def _reading(data: Sequence[dict[str, Any]]) -> Iterator[str]:
    """How to read the table, and what it says of the paper's network."""
    counts = sorted({told["origins"] for told in data})
    yield (
        f"Each method learns anew at each of {' or '.join(map(str, counts))} origins, from half "
        f"of the series on, and {HORIZON} steps are judged; lags, size and season are chosen from "
        "what is known there. The origins overlap, so that small differences mean nothing. MASE "
        "is the error beside that of the naive forecast of one step on what was learnt from. The "
        "season of the seasonal naive forecast is the highest peak of the autocorrelation. "
        "R's `nnetar` takes its intervals from the residuals of the fit, here the second row; "
        "ours are from errors on values held out."
    )
    yield ""
    for told in data:
        errors = {score["method"]: score["mae"] for score in told["scores"]}
        best = min(errors, key=errors.__getitem__)
        within = {score["method"]: score["intervals"][0]["coverage"] for score in told["scores"]}
        yield (
            f"- To {told['to']}{_with(told['lambda'])}: the mean error of NNAR is "
            f"{errors[_OURS] / errors['AR']:.2f} times that of AR and "
            f"{errors[_OURS] / errors['naive']:.2f} times that of naive; the lowest is that of "
            f"{best}. Of 80 % intervals, R's hold {within[_AS_R]:.0%} and ours {within[_OURS]:.0%}."
        )


def _last(series: Series) -> str:
    return series.times.written(len(series) - 1)


def _with(power: float | None) -> str:
    return "" if power is None else f" with lambda {power:g}"


def _short(value: float) -> str:
    return f"{float(f'{value:.3g}'):,g}"
