"""The command that forecasts a series, and its options; what it does stands in `forecast.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from earmark.cli.formats import IntervalsFrom, TagFormat


def forecast(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="SERIES.csv|TRACK",
            help="A CSV file whose first line names its columns, the times first; or music, whose "
            "loudness is the series.",
            show_default=False,
        ),
    ],
    column: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What is forecast; needed if there are several."),
    ] = None,
    horizon: Annotated[int, typer.Option(min=1, metavar="H", help="Steps ahead.")] = 20,
    period: Annotated[
        int, typer.Option(min=1, metavar="M", help="Values in a season; 1 is none.")
    ] = 1,
    lags: Annotated[
        int | None,
        typer.Option(min=1, metavar="P", help="Values looked back at; by AIC if not said."),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(min=1, metavar="K", help="Hidden units; half of the lags plus one."),
    ] = None,
    power: Annotated[
        float | None,
        typer.Option(
            "--lambda",
            min=0,
            max=2,
            metavar="L",
            help="Box-Cox transform: 0 is a logarithm, 0.5 a root; none if not said.",
        ),
    ] = None,
    repeats: Annotated[
        int, typer.Option(min=1, metavar="N", help="Networks that are averaged.")
    ] = 20,
    level: Annotated[
        list[float] | None,
        typer.Option(
            min=1, max=99.9, metavar="PERCENT", help="Of an interval; 80 and 95 if not said."
        ),
    ] = None,
    intervals: Annotated[
        IntervalsFrom,
        typer.Option(
            help="From errors on values that were held out, or, as R's nnetar, on those that were "
            "learnt from: far too narrow.",
        ),
    ] = IntervalsFrom.HELD_OUT,
    seconds: Annotated[
        float,
        typer.Option(min=0.01, max=60, metavar="S", help="Of music: the length of each value."),
    ] = 0.25,
    seed: Annotated[int, typer.Option(min=0, help="Of weights and simulated futures.")] = 0,
    evaluate: Annotated[
        bool,
        typer.Option(
            "--evaluate",
            help="Also forecast from moments in the past, and compare what came with naive, "
            "seasonal naive and linear autoregression.",
        ),
    ] = False,
    origins: Annotated[
        int, typer.Option(min=1, metavar="N", help="With --evaluate: how many moments.")
    ] = 20,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg|FILE.png", help="Draw series, forecast and intervals."),
    ] = None,
    format: Annotated[
        TagFormat, typer.Option(help="Rows to read, one JSON object, or CSV.")
    ] = TagFormat.TABLE,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the rows there, not to the screen.")
    ] = None,
) -> None:
    """Forecast a series by neural autoregression; needs the extra `forecast`.

    NNAR(p, K) as R's nnetar: twenty networks on the last values, averaged, iterated.

    Exit code 0: all went well. 1: the series cannot be forecast. 2: wrong use.
    """
    from earmark.cli.forecast import run
    from earmark.forecast.nnar import Nnar

    run(
        file,
        Nnar(
            lags=lags,
            size=size,
            period=period,
            repeats=repeats,
            residuals=intervals.value,
            seed=seed,
        ),
        column=column,
        seconds=seconds,
        power=power,
        horizon=horizon,
        levels=sorted(set(level or (80.0, 95.0))),
        origins=origins if evaluate else None,
        plot=plot,
        format=format,
        out=out,
    )
