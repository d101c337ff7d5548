"""The page: whole, self-contained, escaped; pictures and places right."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from earmark.explain.page import as_html
from earmark.explain.pictures import AGAINST, FOR, evidence, spectrogram
from earmark.explain.report import change, verdict, when, where
from earmark.memory import Neighbour, Remembered

from ..pages import Page


def decoded(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.removeprefix("data:image/png;base64,"))))


@pytest.fixture(scope="module")
def html(found) -> str:
    return as_html(found, "data:audio/mpeg;base64,AAAA")


def test_it_needs_nothing_but_itself(html, found):
    for _, attributes in Page(html).tags:
        for key in ("src", "href"):
            place = attributes.get(key)
            assert place is None or place.startswith(("#", "data:"))
    assert not re.search(r"url\(|@import|https?:", html)
    assert "<script" not in as_html(found)  # nothing to be heard


def test_numbers_stand_beside_the_picture(html, found):
    text = Page(html).text
    assert verdict(found) in text
    for part in (*found.parts_for, *found.parts_against):
        for words in (when(part), where(part), change(found, part.change)):
            assert words in text
    for label in list(found.answers)[:5]:
        assert f"{found.answers[label]:.1%}" in text


def test_outlines_lie_where_parts_are(html, found):
    outlines = [a for tag, a in Page(html).tags if tag == "button" and "part" in a["class"]]
    parts = (*found.parts_for, *found.parts_against)
    assert len(outlines) == len(parts)
    for attributes, part in zip(outlines, parts, strict=True):
        place = dict(re.findall(r"(\w+):([\d.]+)%", attributes["style"]))
        left, width, bottom, height = (
            float(place[key]) / 100 for key in ("left", "width", "bottom", "height")
        )
        length = found.seconds[-1] - found.seconds[0]
        assert found.seconds[0] + left * length == pytest.approx(part.begin_seconds, abs=0.01)
        assert width * length == pytest.approx(part.end_seconds - part.begin_seconds, abs=0.01)
        bands = len(found.bands_hz) - 1
        low, high = (found.bands_hz[round(share * bands)] for share in (bottom, bottom + height))
        assert (low, high) == (pytest.approx(part.low_hz), pytest.approx(part.high_hz))
        assert when(part) in attributes["aria-label"]


def test_pictures_are_the_right_way_up():
    log_mel = np.full((128, 40), -80, np.float32)
    log_mel[:10, 30:] = 0  # loud, low and late
    image = decoded(spectrogram(log_mel)).convert("L")
    assert image.size == (40, 128)
    assert image.getpixel((39, 127)) < 60
    assert image.getpixel((0, 0)) == image.getpixel((39, 0)) == 255
    weights = np.zeros((16, 20))
    weights[:4, :4], weights[12:, 12:] = 2.0, -1.0
    picture = decoded(evidence(weights))
    width, height = picture.size
    assert picture.getpixel((10, height - 10))[:3] == FOR
    assert picture.getpixel((width - 10, 10))[:3] == AGAINST
    assert picture.getpixel((10, height - 10))[3] > picture.getpixel((width - 10, 10))[3] > 80
    assert picture.getpixel((10, 10))[3] == 0


def test_names_cannot_break_the_page(changed):
    evil = '</script><script>alert("1")</script>&\x1b\udcff'
    neighbours = (Neighbour(Remembered(evil, evil, {"genre": evil}), 0.9),)
    html = as_html(
        changed(path=Path(evil), label=evil, answers={evil: 1.0}, output=evil,
                neighbours=neighbours, warnings=(evil,), unknown=evil, chosen=evil)
    )  # fmt: skip
    assert "<script" not in html
    Page(html.encode("utf-8", "backslashreplace").decode())


def test_neighbours_and_doubts_are_shown(changed):
    neighbours = (
        Neighbour(Remembered("reggae.00012", "Burning Spear", {"genre": "reggae"}), 0.934),
        Neighbour(Remembered("MT0001", None, {}), 0.9),
    )
    text = Page(as_html(changed(neighbours=neighbours, unknown="speech", warnings=("cut",)))).text
    for words in (
        "reggae.00012",
        "Burning Spear",
        "0.93",
        "MT0001",
        "does not know this track (speech)",
        "cut",
    ):
        assert words in text


def test_without_parts_it_says_so(changed):
    found = changed(parts_for=(), parts_against=(), check=None, weights=np.zeros((16, 20)))
    text = Page(as_html(found)).text
    assert "No part alone moves the answer" in text
    assert "nothing to test" in text


def test_a_number_has_a_page(changed):
    text = Page(as_html(changed(is_number=True, label="valence", value=0.413))).text
    assert "Why “valence 0.41”?" in text
    assert "raising valence" in text
    assert "All that it says" not in text
