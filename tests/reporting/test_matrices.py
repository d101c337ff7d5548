"""Squares of numbers: readable letters, colours whose lightness tells the number."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.reporting.matrices import Cell, as_file, luminance, shade, square
from earmark.reporting.plots import WIDTH, share_axis

HUES = ("blue", "orange")


def drawn(labels, cell=lambda i, j: Cell(0.5, "50", f"{i}, {j}"), **more):
    scale = share_axis("share")
    return square(labels, cell, scale, rows="true", columns="answer", title="T", **more)


@given(st.sampled_from(HUES), st.floats(0, 1))
def test_letters_have_enough_contrast_everywhere(hue, share):
    colour, white = shade(share, hue)
    dark, light = sorted([luminance(colour), 1.0 if white else 0.0])
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@given(st.sampled_from(HUES), st.floats(0, 1), st.floats(0, 1))
def test_the_larger_the_darker(hue, one, other):
    low, high = sorted([one, other])
    assert luminance(shade(low, hue)[0]) >= luminance(shade(high, hue)[0])


def test_luminance_is_that_of_wcag():
    assert luminance((255, 255, 255)) == pytest.approx(1)
    assert luminance((0, 0, 0)) == 0
    assert luminance((255, 0, 0)) == pytest.approx(0.2126)
    assert luminance((119, 119, 119)) == pytest.approx(0.184, abs=1e-3)  # 4.48 to 1 on white


@pytest.mark.parametrize("count", [2, 4, 10, 40])
def test_it_is_as_wide_as_a_plot_whatever_the_number_of_labels(count):
    picture = drawn([f"label {i}" for i in range(count)])
    places = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', picture.body)
    assert len(places) == count**2 + 24
    assert max(float(x) + float(wide) for x, wide in places) <= WIDTH
    assert ("50</text>" in picture.body) == (count <= 10)  # smaller cells are left to the table


def test_what_a_cell_says_stands_in_it_and_is_shown_on_pointing():
    cells = {(0, 0): Cell(1.0, "100", "all & right"), (0, 1): Cell(None, "·", "none")}
    picture = drawn(["a", "b"], lambda i, j: cells.get((i, j)))
    assert "<title>all &amp; right</title>" in picture.body
    assert ">100</text>" in picture.body
    assert 'class="none"' in picture.body
    assert picture.body.count("<title>") == 2


def test_names_of_labels_cannot_break_the_picture():
    root = ElementTree.fromstring(as_file(drawn(["<b>", "R&B", "a very long name of a label"])))
    words = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"<b>", "R&B", "a very long n…"} <= set(words)


def test_a_file_holds_pictures_beside_each_other():
    one, other = drawn(["a", "b"]), drawn(["a", "b", "c"])
    root = ElementTree.fromstring(as_file(one, other))
    inner = root.findall("{http://www.w3.org/2000/svg}svg")
    assert [float(svg.get("x")) for svg in inner] == [0, WIDTH + 24]
    wide, high = map(float, root.get("viewBox").split()[2:])
    assert wide == 2 * WIDTH + 24
    assert high == max(one.height, other.height)


def test_captions_tell_the_pictures_of_a_file_apart():
    plain, named = drawn(["a", "b"]), drawn(["a", "b"], caption="mine & yours")
    root = ElementTree.fromstring(as_file(named, plain))
    words = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words.count("mine & yours") == 1
    assert float(root.get("viewBox").split()[3]) == plain.height + 24  # a line above both
