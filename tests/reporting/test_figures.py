"""Figures draw what they are given, and cope with little."""

from __future__ import annotations

import re

import numpy as np
import pytest

from earmark.reporting import figures
from earmark.reporting.plots import Plot, share_axis


def points(svg: str, kind: str) -> list[list[tuple[float, float]]]:
    """The points of each curve of a series."""
    found = re.findall(rf'<polyline class="curve {kind}" points="([^"]+)"', svg)
    return [[tuple(map(float, pair.split(","))) for pair in text.split()] for text in found]


def test_shares_and_numbers_are_written_alike_everywhere():
    assert (figures.percent(0.7208), figures.percent(None)) == ("72.1%", "–")
    assert (figures.number(0.98765), figures.number(None)) == ("0.988", "–")


def test_whiskers_of_each_row():
    rows = [("jazz", 0.5, [(0.4, 0.6)]), ("pop", None, [None]), ("a" * 40, 1.0, [(0.9, 1.0)])]
    svg = figures.whiskers(rows, share_axis("recall"))
    assert svg.count("<circle") == 2
    assert svg.count("whisker one") == 2
    assert "jazz: 50%" in svg
    assert "…" + "a" * 24 in svg


def test_both_intervals_of_a_row_are_told_apart():
    rows = [("accuracy", 0.5, [(0.4, 0.6), (0.3, 0.7)])]
    svg = figures.whiskers(
        rows, share_axis("share"), names=("Wilson", "artists"), guide=0.1, guide_note="chance"
    )
    found = re.findall(r'whisker (one|two)" d="M[\d.]+ ([\d.]+)H', svg)
    legend, heights = found[:2], found[2:]
    assert legend == [("one", "12"), ("two", "12")]
    assert [name for name, _ in heights] == ["one", "two"]
    assert heights[0][1] != heights[1][1]
    for words in ("Wilson", "artists", "chance"):
        assert f">{words}<" in svg
    lone = figures.whiskers([("F1", 0.5, [None, (0.3, 0.7)])], share_axis(""), names=("W", "A"))
    assert ">A<" in lone
    assert ">W<" not in lone


def test_the_curve_of_reliability_goes_through_its_bins():
    bins = [{"n": 4, "stated": 0.25, "happened": 0.5}, {"n": 100, "stated": 0.9, "happened": 0.8}]
    svg = figures.reliability(bins)
    plot = Plot(share_axis(""), share_axis(""), height=300)
    expected = [(plot.x(0.25), plot.y(0.5)), (plot.x(0.9), plot.y(0.8))]
    (curve,) = points(svg, "one")
    assert np.allclose(curve, expected, atol=0.06)
    small, large = map(float, re.findall(r'r="([\d.]+)"', svg))
    assert small < large
    assert "100 answers: stated 90.0%, true 80.0%" in svg


def test_long_curves_are_thinned_and_keep_their_ends():
    recall = np.linspace(0, 1, 5000)
    (curve,) = points(figures.precision_recall(recall, 1 - recall / 2, 0.3, "jazz"), "one")
    assert 50 < len(curve) <= 100
    plot = Plot(share_axis(""), share_axis(""), height=220)
    assert curve[-1] == pytest.approx((plot.x(1), plot.y(0.5)), abs=0.06)


@pytest.mark.parametrize("truth", [np.array([0.1, 0.5, -2]), np.zeros(3)])
def test_scattered_numbers(truth):
    svg = figures.scatter(truth, truth, "valence")
    assert svg.count("<circle") == 3
    assert "predicted valence" in svg
    assert "nan" not in svg


HISTORY = [
    {"epoch": 1, "train_loss": 2.0, "valid_loss": 2.5, "valid_accuracy": 0.2},
    {"epoch": 2, "train_loss": float("nan"), "valid_loss": 2.0, "valid_accuracy": 0.4},
    {"epoch": 3, "train_loss": 1.0, "valid_loss": 2.2, "valid_accuracy": 0.3},
]


def test_learning_curves_leave_out_what_is_no_number():
    svg = figures.learning(HISTORY, "loss", 2)
    assert [len(line) for line in points(svg, "one") + points(svg, "two")] == [3, 2]
    assert "kept: 2" in svg
    accuracy = figures.learning(HISTORY, "accuracy", None)
    assert (len(points(accuracy, "one")), points(accuracy, "two")) == (1, [])
    assert "kept" not in accuracy
    assert figures.learning([{"epoch": 1}], "loss", 1) is None
    assert figures.learning([], "loss", None) is None


def test_one_epoch_is_drawn():
    assert "nan" not in figures.learning(HISTORY[:1], "loss", 1)


def test_the_heat_map_says_every_count():
    labels = ["<jazz>", "pop"]
    text = "".join(figures.heat_map(labels, [[9, 1], [0, 0]]))
    assert "&lt;jazz&gt;" in text
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", text)
    assert cells == ["", "9", "1", "10", "·", "·", "0"]
    assert re.findall(r"rgb\((\S+ \S+ \S+) / ([\d.]+)\)", text) == [
        ("0 70 130", "0.91"),
        ("170 70 0", "0.19"),
    ]
    assert text.count("class=dark") == 1
