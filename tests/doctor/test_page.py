"""The page: whole, self-contained, escaped, and its pictures where the music lies."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from earmark.doctor.duplicates import Likeness, Pair
from earmark.doctor.page import as_html
from earmark.doctor.pictures import picture

from ..pages import Page


@pytest.fixture(scope="module")
def page(sickness) -> Page:
    return Page(as_html(sickness))


def test_every_finding_stands_on_the_page(page, sickness):
    text = " ".join(page.words)
    for section in sickness.sections:
        assert section.check.title in text
        for finding in section.findings:
            assert finding.text in text
    for line in sickness.summary():
        assert line in text


def test_it_needs_nothing_but_itself(page, sickness):
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object"}
    for place in page.attributes("src"):
        assert place.startswith("data:image/png;base64,")
    assert all(place.startswith("#") for place in page.attributes("href"))
    assert not re.search(r"url\(|@import|http", as_html(sickness))


def test_links_lead_somewhere_and_pictures_have_a_text(page):
    targets = page.attributes("id")
    assert len(targets) == len(set(targets))
    assert {place[1:] for place in page.attributes("href")} <= set(targets)
    images = [attrs for tag, attrs in page.tags if tag == "img"]
    assert len(images) == 2 * 8
    assert all(attrs["alt"] for attrs in images)


def test_tables_add_up(page, sickness):
    rows = re.findall(r"<tr>(.*?)</tr>", as_html(sickness))
    counts = [
        [int(cell.replace("·", "0")) for cell in re.findall(r"<td>(.*?)</td>", row)]
        for row in rows
        if "<td>" in row
    ]
    checks = len(sickness.sections)
    assert np.sum(counts[:checks], axis=0).tolist() == counts[checks]
    assert counts[checks] == list(sickness.counts().values())
    labels = counts[checks + 1 :]
    assert labels == [[3, 2, 5], [2, 13, 15], [5, 15, 20]]


def test_names_cannot_break_the_page(sickness):
    collection = sickness.collection
    evil = '<script>alert("1")</script>&\x1b\udcff'
    track = replace(collection.tracks[0], artist=evil, labels={evil: evil})
    changed = replace(collection, tracks=[track, *collection.tracks[1:]])
    text = as_html(replace(sickness, collection=changed, datasets=((evil, evil, 20),)))
    assert "<script" not in text
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;\\x1b\\udcff" in text
    text.encode("utf-8")
    Page(text)


def test_a_pair_is_drawn_in_step(sickness):
    collection = sickness.collection
    (pair,) = [pair for pair in collection.pairs if pair.second == "excerpt"]
    drawn = picture(pair, {t.id: t for t in collection.tracks}, collection.kinds)
    whole, excerpt = drawn.strips
    assert whole.begin_seconds == 0
    assert excerpt.begin_seconds == pytest.approx(7, abs=0.1)
    assert excerpt.seconds == pytest.approx(10, abs=0.1)
    assert drawn.seconds == pytest.approx(25, abs=0.1)
    assert drawn.shared == pytest.approx((7, 17), abs=0.2)
    images = [_pixels(strip.png) for strip in drawn.strips]
    column = round(excerpt.begin_seconds / whole.seconds * images[0].shape[1])
    width = images[1].shape[1]
    under = images[0][:, column : column + width]
    here = np.corrcoef(images[1].ravel(), under.ravel())[0, 1]
    elsewhere = np.corrcoef(images[1].ravel(), images[0][:, :width].ravel())[0, 1]
    assert here > 0.8 > elsewhere


def test_what_can_no_longer_be_read_is_not_drawn(sickness, tmp_path):
    collection = sickness.collection
    pair = Pair("piece 0", "piece 1", Likeness.NEAR, 0.9, 0.0, 1.0, 10.0)
    gone = [replace(track, path=tmp_path / track.path.name) for track in collection.tracks]
    assert picture(pair, {t.id: t for t in gone}, collection.kinds) is None
    page = Page(as_html(replace(sickness, collection=replace(collection, tracks=gone))))
    assert "cannot be drawn: a file can no longer be read" in page.words


def test_a_page_without_pairs_or_split(health):
    page = Page(as_html(replace(health, collection=replace(health.collection, sides={}))))
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert "Pairs side by side" not in page.words


def _pixels(uri: str) -> np.ndarray:
    data = base64.b64decode(uri.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("L"), dtype=float)
