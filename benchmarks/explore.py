"""A data set of 10,000 tracks explored: size of the page, how soon it opens, and what it costs.

python benchmarks/explore.py [--umap] [--json]

The tracks are made up, vectors of 530 numbers as the feature `summary` has; what is heard and seen
of them is the example album. Places on a map take the same bytes whoever found them: principal
components stand in UMAP's place, unless `--umap` asks for the real one, which takes minutes and
adds a row. The page is opened in Chromium, where there is one; that time is the least of seven.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from pairs import Row, compare, main_with, row

if TYPE_CHECKING:
    from earmark.explore import Exploration
    from earmark.explore.collection import Collection

ROOT = Path(__file__).parents[1]
TRACKS, NUMBERS, LABELS, EACH = 10_000, 530, 10, 8
MOST_MEGABYTES, MOST_SECONDS = 20.0, 2.0


def measure(wanted: argparse.Namespace) -> list[Row]:
    from earmark.explore import explore

    collection = make_collection()
    if wanted.umap:
        found, rows = with_umap(collection)
    else:
        with patch("earmark.explore.maps.Umap", Components):
            found, rows = explore(collection), []
    return [*page(found), *parts(collection, found), *rows]


class Components:
    """What stands in UMAP's place: the last components of the ground."""

    def __init__(self, ground: Any) -> None:
        self._ground = ground

    def axes(self, dimensions: int) -> list[tuple[str, str]]:
        """Name and unit of each axis."""
        return [(f"UMAP {i + 1}", "no unit") for i in range(dimensions)]

    def fitted(self, dimensions: int) -> Any:
        """Places of what it was made for."""
        return self(self._ground, dimensions)

    def __call__(self, ground: Any, dimensions: int) -> Any:
        """Places of others."""
        return ground[:, -dimensions:]


def make_collection() -> Collection:
    """Tracks of ten labels that overlap, eight to an artist, each with a place of its own."""
    import numpy as np

    from earmark.datasets import Track
    from earmark.explore.collection import collect
    from earmark.features import FEATURES

    rng = np.random.default_rng(0)
    album = sorted((ROOT / "examples" / "album").glob("*.opus"))
    artists = np.arange(TRACKS) // EACH
    labels = artists % LABELS
    mix = rng.normal(size=(40, NUMBERS))  # few directions matter, as in music
    centres = rng.normal(size=(LABELS, 40))
    places = centres[labels] + rng.normal(size=(artists.max() + 1, 40))[artists]
    vectors = (places + rng.normal(size=(TRACKS, 40))) @ mix + rng.normal(size=(TRACKS, NUMBERS))
    tracks = [
        Track(
            id=f"genre {labels[i]}/{i:05}",
            path=album[i % len(album)],
            labels={"genre": f"genre {labels[i]}"},
            artist=f"Artist number {artists[i]}",
        )
        for i in range(TRACKS)
    ]
    spectra = rng.uniform(-80, 0, (TRACKS, 128))
    feature = FEATURES["summary"]()
    return collect(
        "made-up", "audio", tracks, vectors, output="genre", feature=feature, spectra=spectra
    )


def with_umap(collection: Collection) -> tuple[Exploration, list[Row]]:
    """The exploration, and its time against that of a single fit of umap-learn."""
    from umap import UMAP

    from earmark.explore import explore
    from earmark.explore.projections import Ground

    ground = Ground.fit(collection.vectors)(collection.vectors)
    UMAP(random_state=0, n_jobs=1, init="pca").fit(ground[:200])  # compiles
    start = time.perf_counter()
    UMAP(random_state=0, n_jobs=1, init="pca").fit(ground)
    one_fit = time.perf_counter() - start
    start = time.perf_counter()
    found = explore(collection)
    whole = time.perf_counter() - start
    name = f"{TRACKS:,} tracks explored, eight fits of UMAP in it; against one fit of umap-learn"
    return found, [row(name, whole, one_fit, "s", 0)]


def page(found: Exploration) -> list[Row]:
    """Its size and how soon it is drawn, against what they may be."""
    from earmark.explore.page import as_html

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "index.html"
        path.write_text(as_html(found), encoding="utf-8")
        megabytes = path.stat().st_size / 1e6
        size = row(
            f"page of {TRACKS:,} tracks, against the limit", megabytes, MOST_MEGABYTES, "MB", 1
        )
        seconds = opening(path)
    if seconds is None:
        print("no Chromium: how soon the page opens is not measured", file=sys.stderr)
        return [size]
    name = f"page of {TRACKS:,} tracks opened and drawn in Chromium, against the limit"
    return [size, row(name, seconds, MOST_SECONDS, "s", 1)]


def opening(path: Path) -> float | None:
    """Seconds until the page and the first maps on it are drawn, the least of seven."""
    sys.path.insert(0, str(ROOT / "tests"))
    browsers = import_module("browser")
    program = browsers.find_browser()
    if program is None:
        return None
    times = []
    with browsers.Browser(program) as browser:
        for _ in range(7):
            start = time.perf_counter()
            browser.open(path, width=1280)
            browser.evaluate("document.getElementById('maps').scrollIntoView()")
            browser.wait_for("views.some(view => view.visible)")
            browser.wait_for_frames()
            times.append(time.perf_counter() - start)
    return min(times)


def parts(collection: Collection, found: Exploration) -> list[Row]:
    """What scores and outliers are made of, against scikit-learn and numpy."""
    import numpy as np
    from sklearn.metrics import silhouette_samples
    from sklearn.neighbors import NearestNeighbors

    from earmark.explore.correlation import mean_correlations
    from earmark.explore.neighbours import nearest, silhouettes

    ground, codes, groups = found.maps.whole, collection.codes, collection.groups
    places = ground[:, :3].copy()
    unit = ground - ground.mean(axis=1, keepdims=True)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)

    def neighbours() -> Any:
        return NearestNeighbors(n_neighbors=EACH + 10, algorithm="brute").fit(ground).kneighbors()

    def correlations() -> Any:
        r, apart = np.corrcoef(ground), groups[:, None] != groups
        member = np.eye(LABELS)[codes]
        return (member.T @ (r * apart) @ member) / (member.T @ apart @ member)

    theirs = correlations()
    np.testing.assert_allclose(mean_correlations(unit, codes, groups, LABELS), theirs, atol=1e-6)
    return [
        compare(
            "nearest by other artists, against scikit-learn's 18 nearest by anyone",
            lambda: nearest(ground, ground, groups=(groups, groups)),
            neighbours,
            target=0,
            runs=3,
        ),
        compare(
            "silhouettes in three dimensions, against scikit-learn",
            lambda: silhouettes(places, codes),
            lambda: silhouette_samples(places, codes),
            target=0,
            runs=3,
        ),
        compare(
            "mean correlation of labels, against numpy over all pairs",
            lambda: mean_correlations(unit, codes, groups, LABELS),
            correlations,
            target=0,
            runs=3,
        ),
    ]


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="Exploring: the page's size, and its time.")
    options.add_argument("--umap", action="store_true", help="explore with the real UMAP")
    main_with(options, measure)
