"""The maps as a picture for a document: where marks stand, what stands beside them."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from earmark.explore.figure import draw
from earmark.explore.maps import Map

from .conftest import LABELS

SVG = "{http://www.w3.org/2000/svg}"


def drawn(found, *maps: Map) -> ElementTree.Element:
    return ElementTree.fromstring(draw(found.collection, maps))


def panels(svg: ElementTree.Element) -> list[ElementTree.Element]:
    return [group for group in svg if group.tag == f"{SVG}g"]


def words(element: ElementTree.Element) -> list[str]:
    return [str(one.text) for one in element.iter(f"{SVG}text")]


def test_every_track_is_a_mark_of_its_label_where_the_map_has_it(found):
    one = found.maps.find("pca", 2)
    (panel,) = panels(drawn(found, one))
    paths = [str(path.get("d")) for path in panel.iter(f"{SVG}path")]
    assert len(paths) == len(LABELS)
    marks = [np.array(re.findall(r"M([\d.]+) ([\d.]+)m", path), float) for path in paths]
    assert [len(own) for own in marks] == found.collection.counts().tolist()
    by_label = np.argsort(found.collection.codes[one.rows], kind="stable")
    shown = np.concatenate(marks)
    for axis, sign in ((0, 1), (1, -1)):  # to the right and upwards, in one scale
        slope = np.polyfit(one.places[by_label, axis], shown[:, axis], 1)[0]
        fitted = np.corrcoef(one.places[by_label, axis], shown[:, axis])[0, 1]
        assert sign * fitted > 0.9999
        assert abs(slope) == pytest.approx(
            300 / (1.05 * np.ptp(one.places, axis=0).max()), rel=0.01
        )


def test_axes_have_titles_units_and_the_values_at_their_ends(found):
    one = found.maps.find("pca", 2)
    said = words(panels(drawn(found, one))[0])
    for name, unit in one.axes:
        assert f"{name} ({unit})" in said
    ends = [float(word.replace("−", "-")) for word in said if re.fullmatch(r"−?[\d.]+", word)]
    assert len(ends) == 4
    assert ends[1] - ends[0] == pytest.approx(1.05 * np.ptp(one.places, axis=0).max(), rel=0.02)


def test_lda_beside_held_out_tracks_says_that_it_knows_its_own(found):
    own, held = (found.maps.find("lda", 2, held_out=out) for out in (False, True))
    titles = [words(panel)[0] for panel in panels(drawn(found, own, held))]
    assert titles == ["LDA in 2-D, fitted on these tracks", "LDA in 2-D, held-out tracks"]
    assert [words(panel)[0] for panel in panels(drawn(found, own))] == ["LDA in 2-D"]


def test_all_lies_in_the_picture_and_the_legend_breaks_into_lines(found):
    labels = [f"<label> & number {i}" for i in range(12)]
    collection = replace(found.collection, labels=labels)
    maps = [found.maps.find("pca", 2)] * 3
    svg = ElementTree.fromstring(draw(collection, maps))
    wide, high = map(float, str(svg.get("viewBox")).split()[2:])
    assert [str(p.get("transform")) for p in panels(svg)] == [
        "translate(0 0)",
        f"translate({wide / 2:g} 0)",
        "translate(0 370)",
    ]
    legend = [one for one in svg if one.tag == f"{SVG}text"]
    assert [one.text for one in legend] == labels
    assert len({one.get("y") for one in legend}) > 1
    assert all(float(one.get("x") or 0) + 7.2 * len(str(one.text)) <= wide for one in legend)
    assert max(float(one.get("y") or 0) for one in legend) < high


def test_labels_beyond_the_colours_are_outlines(found):
    labels = [str(i) for i in range(9)]
    svg = ElementTree.fromstring(draw(replace(found.collection, labels=labels), []))
    looks = [(path.get("fill"), path.get("stroke")) for path in svg.iter(f"{SVG}path")]
    assert len(set(looks)) == 9
    assert looks[7] == ("#fff", looks[0][0])


def test_tracks_in_one_place_can_be_drawn(found):
    one = found.maps.find("pca", 2)
    still = replace(one, places=np.zeros_like(one.places))
    assert "nan" not in draw(found.collection, [still])
