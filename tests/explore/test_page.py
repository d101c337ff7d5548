"""The page: whole, self-contained, escaped, small enough for ten thousand tracks."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from earmark.explore import explore
from earmark.explore.exploration import Exploration
from earmark.explore.maps import Map, Maps
from earmark.explore.page import as_html

from ..pages import Page
from .conftest import make_collection


@pytest.fixture(scope="module")
def html(found) -> str:
    return as_html(found)


def places_of(html: str) -> dict:
    (data,) = re.findall(r"<script type=\"application/json\" id=map-data>(.*?)</script>", html)
    return json.loads(data)


def test_it_needs_nothing_but_itself(html):
    page = Page(html)
    for _, attributes in page.tags:
        for key in ("src", "href"):
            place = attributes.get(key)
            assert place is None or place.startswith(("#", "data:"))
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert all("src" not in attributes for attributes in scripts)
    assert not re.search(r"url\((?!#)|@import|https?:", html)


def test_links_lead_somewhere_and_every_map_has_its_words(html, found):
    page = Page(html)
    targets = [a["id"] for _, a in page.tags if "id" in a]
    assert len(targets) == len(set(targets))
    links = {a["href"][1:] for tag, a in page.tags if tag == "a"}
    assert links <= set(targets)
    canvases = [a for tag, a in page.tags if tag == "canvas"]
    assert len(canvases) == len(found.maps.maps) == 8
    for attributes in canvases:
        assert attributes["tabindex"] == "0"
        assert "Axes:" in attributes["aria-label"]


def test_numbers_stand_beside_the_pictures(html, found):
    text = Page(html).text
    for row in found.maps.judged:
        assert row.title in text
        assert f"{row.held_out.accuracy:.1%}" in text
    for label, count in zip(found.collection.labels, found.collection.counts(), strict=True):
        assert label in text
        assert str(count) in text
    for outlier in found.outliers:
        assert outlier.why[1:] in text


def test_places_come_back_from_the_page(html, found):
    data = places_of(html)
    assert data["tracks"] == [track.id for track in found.collection.tracks]
    for packed, one in zip(data["maps"], found.maps.maps, strict=True):
        steps = np.frombuffer(base64.b64decode(packed["places"]), "<u2")
        shares = steps.reshape(-1, one.dimensions) / 65535
        low, high = np.array(packed["ranges"]).T
        np.testing.assert_allclose(low + shares * (high - low), one.places, atol=1e-3)


def test_names_cannot_break_the_page(found):
    evil = '</script><script>alert("1")</script>&\x1b\udcff'
    known = found.collection
    tracks = [replace(t, id=evil + t.id, artist=evil) for t in known.tracks]
    labels = [evil + label for label in known.labels]
    changed = replace(found, collection=replace(known, tracks=tracks, labels=labels))
    html = as_html(changed)
    assert "<script>alert" not in html
    assert places_of(html)["tracks"][0] == evil + known.tracks[0].id
    Page(html.encode("utf-8", "backslashreplace").decode())


@pytest.mark.parametrize("labelled", [False, True])
def test_without_labels_to_tell_apart_it_says_why(fast_umap, labelled):
    collection = make_collection(30, labelled=False)
    if labelled:  # all alike
        one = [replace(track, labels={"genre": "ska"}) for track in collection.tracks]
        codes = np.zeros(30, int)
        collection = replace(collection, tracks=one, labels=["ska"], codes=codes, output="genre")
    text = Page(as_html(explore(collection))).text
    assert ("nothing to tell apart" if labelled else "LDA needs labels") in text
    assert "LDA in 2-D" not in text


def test_ten_thousand_tracks_make_a_page_of_two_megabytes(found):
    html = as_html(enlarged(found, 10_000))
    assert len(html) < 2_500_000


def enlarged(found: Exploration, count: int) -> Exploration:
    """The same with so many tracks on every map, as if found among them."""
    known = found.collection
    rows = np.arange(count) % len(known.tracks)
    tracks = [replace(known.tracks[row], id=f"genre/{i:05}.mp3") for i, row in enumerate(rows)]
    rng = np.random.default_rng(3)
    maps = [
        Map(m.method, m.dimensions, m.held_out, np.arange(count), p, m.axes)
        for m in found.maps.maps
        for p in [rng.normal(size=(count, m.dimensions))]
    ]
    collection = replace(
        known,
        tracks=tracks,
        vectors=known.vectors[rows],
        codes=known.codes[rows],
        groups=np.arange(count) // 10,
        spectra=known.spectra[rows],
    )
    judged = [
        replace(row, held_out=replace(row.held_out, right=row.held_out.right[rows]))
        for row in found.maps.judged
    ]
    told = Maps(found.maps.components, maps, judged, found.maps.whole[rows])
    return replace(found, collection=collection, maps=told)
