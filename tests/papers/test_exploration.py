"""duthoit2018's exploration: its maps as drawn and held out, in words, numbers and a picture."""

from __future__ import annotations

from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from earmark.explore import maps as maps_of
from earmark.papers import PAPERS
from earmark.papers.exploration import STUDY

from ..explore.conftest import LABELS, FlatUmap, make_collection


class _Store(dict):
    """Vectors by track, as a store gives them."""

    feature = SimpleNamespace(time_axis=None)
    settings = SimpleNamespace(kind="log-mel")

    def read(self, track: str):
        return self[track]


@pytest.fixture(scope="module")
def made():
    """What the study finds of three labels; a track whose feature failed is not in the store."""
    collection = make_collection(apart=4)
    store = _Store(zip((t.id for t in collection.tracks), collection.vectors, strict=True))
    del store["track 7"]
    material = SimpleNamespace(
        dataset="made-up",
        tracks={track.id: track for track in collection.tracks},
        store={"cnn-16": store}.__getitem__,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maps_of, "Umap", FlatUmap)
        return STUDY.run(material)


def test_the_paper_has_it_for_the_images_of_its_best_system():
    assert STUDY in PAPERS["duthoit2018"].studies
    assert set(STUDY.needs) <= {system.key for system in PAPERS["duthoit2018"].systems}


def test_what_could_be_read_is_counted_and_every_map_is_judged_twice(made):
    assert made.data["tracks"] == {"jazz": 30, "pop": 30, "rock": 29}
    assert "Tracks of each genre: jazz 30, pop 30, rock 29." in made.text
    assert made.data["components"] == 12
    rows = {line.split(" | ")[0][2:]: line.split(" | ") for line in made.text.splitlines()}
    for title, scores in made.data["maps"].items():
        drawn, held = scores["drawn"]["knn_accuracy"], scores["held_out"]["knn_accuracy"]
        cells = rows[title]
        assert float(cells[1].rstrip("%")) == pytest.approx(100 * drawn, abs=0.06)
        assert float(cells[2].split("%")[0]) == pytest.approx(100 * held, abs=0.06)
    assert made.data["maps"]["LDA, 2-D"]["held_out"]["knn_accuracy"] > 0.8


def test_the_lead_is_that_of_the_numbers(made):
    best = {}
    for title, scores in made.data["maps"].items():
        method = title.split(",")[0]
        if not title.startswith("no map"):
            best[method] = max(best.get(method, 0), scores["held_out"]["knn_accuracy"])
    first, second = sorted(best.values(), reverse=True)[:2]
    assert f"by {100 * (first - second):.1f} points" in made.text.splitlines()[-1]


def test_the_picture_that_the_text_names_is_drawn(made):
    ((name, picture),) = made.pictures.items()
    assert f"]({name})" in made.text
    svg = ElementTree.fromstring(picture)
    said = [str(one.text) for one in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert set(LABELS) <= set(said)
    assert {"PCA in 2-D", "UMAP in 2-D", "LDA in 2-D, held-out tracks"} <= set(said)
