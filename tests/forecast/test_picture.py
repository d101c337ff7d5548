"""The picture of a forecast: what is written in it, and that it is the same again."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from earmark.forecast.base import Forecast
from earmark.forecast.picture import draw
from earmark.forecast.series import Series
from earmark.forecast.times import Times, parse_times

POINT = np.array([4.0, 5.0])
FORECAST = Forecast("NNAR(2, 2)", POINT, {80: (POINT - 1, POINT + 1), 95: (POINT - 2, POINT + 90)})


def series(times: Times) -> Series:
    return Series("area in km²", np.arange(12.0) % 5, times)


def words(svg: bytes) -> set[str]:
    return {text for text in ElementTree.fromstring(svg).itertext() if text.strip()}


def test_axes_and_legend_say_what_is_shown():
    svg = draw(series(Times("year", 1990, 1)), FORECAST, "svg")
    assert {"year", "area in km²", "NNAR(2, 2)", "80 % interval", "95 % interval (to 95)"} <= (
        words(svg)
    )
    assert svg == draw(series(Times("year", 1990, 1)), FORECAST, "svg")


@pytest.mark.parametrize("first", [("2024-11", "2024-12"), ("2024-11-04", "2024-11-11")])
def test_dates_stand_on_the_axis(first):
    times = parse_times("when", list(enumerate(first)))
    assert any(word.startswith("2024") for word in words(draw(series(times), FORECAST, "svg")))


def test_a_png_is_one():
    assert draw(series(Times("year", 1990, 1)), FORECAST, "png").startswith(b"\x89PNG")
