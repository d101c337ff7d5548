"""Plots: round ticks, values where they belong, text that cannot break out."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.reporting.plots import WIDTH, Axis, Plot, round_values, share_axis


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_evenly_spread_and_few(low, width):
    ticks = round_values(low, low + width)
    assert 1 <= len(ticks) <= 7
    assert all(low - 1e-6 * width <= tick <= low + width * (1 + 1e-6) for tick in ticks)
    if len(ticks) > 1:
        step = ticks[1] - ticks[0]
        assert f"{step:.3e}".startswith(("1.000", "2.000", "5.000"))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (1, 40, [10, 20, 30, 40]),
        (-0.5, 1, [-0.5, 0, 0.5, 1]),
    ],
)
def test_ticks_that_people_would_choose(low, high, expected):
    assert round_values(low, high) == pytest.approx(expected)


def test_values_lie_where_the_axes_say_and_never_beyond():
    plot = Plot(Axis("epoch", 0, 10), share_axis("accuracy"))
    assert plot.x(5) == (plot.x(0) + plot.x(10)) / 2
    assert plot.y(1) == plot.top < plot.y(0) == plot.bottom
    assert plot.x(99) == plot.x(10) <= WIDTH
    assert plot.y(-1) == plot.bottom


def test_it_is_well_formed_and_says_what_it_shows():
    evil = '<script>"&'
    plot = Plot(Axis(evil, 0, 1), share_axis(evil), legend=True)
    plot.curve([(0, 0), (1, 1)], "two")
    plot.line((0, 0), (1, 0))
    plot.upright(0.9, evil)
    plot.dot((0.5, 0.5), evil)
    plot.whisker(0.2, 0.4, 50)
    plot.name(evil, "one")
    text = plot.svg(evil)
    assert "<script" not in text
    quoted = re.sub(r"=([^\s\"'>]+)(?=[\s>])", r'="\1"', text)  # HTML needs no quotes, XML does
    (root,) = [ElementTree.fromstring(quoted)]
    assert root.get("aria-label") == evil
    assert root.get("role") == "img"
    assert evil in "".join(root.itertext())
