"""A made-up data set to be explored, and what is on its page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from earmark.datasets import Track
from earmark.explore import maps as maps_of
from earmark.explore.collection import Collection, collect
from earmark.explore.exploration import Exploration, explore
from earmark.explore.listening import excerpt_of, find_examples
from earmark.features import LogMel

LABELS = ("jazz", "pop", "rock")


class FlatUmap:
    """UMAP's place on pages that are not about it: the real one takes seconds to be compiled."""

    def __init__(self, ground: np.ndarray) -> None:
        self._ground = ground

    def axes(self, dimensions: int) -> list[tuple[str, str]]:
        return [(f"UMAP {i + 1}", "no unit") for i in range(dimensions)]

    def fitted(self, dimensions: int) -> np.ndarray:
        return self(self._ground, dimensions)

    def __call__(self, ground: np.ndarray, dimensions: int) -> np.ndarray:
        return ground[:, -dimensions:]


def make_collection(
    count: int = 90, *, apart: float = 3.0, labelled: bool = True, numbers: int = 12
) -> Collection:
    """Tracks of three labels whose means lie so many deviations apart, three to an artist."""
    rng = np.random.default_rng(5)
    tracks, rows = [], []
    for i in range(count):
        label = i // 3 % 3
        centre = apart * np.eye(3)[label]
        rows.append(rng.normal(size=numbers) + np.pad(centre, (0, numbers - 3)))
        tracks.append(
            Track(
                id=f"track {i}",
                path=Path("music") / f"{i}.png",
                labels={"genre": LABELS[label]} if labelled else {},
                artist=f"artist {i // 3}",
            )
        )
    return collect(
        "made-up",
        "log-mel",
        tracks,
        np.array(rows),
        output="genre" if labelled else None,
        feature=LogMel(),
        spectra=rng.uniform(-80, 0, (count, 128)),
    )


@pytest.fixture(scope="package")
def fast_umap():
    """Maps without the real UMAP."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maps_of, "Umap", FlatUmap)
        yield


@pytest.fixture(scope="package")
def found(fast_umap) -> Exploration:
    """A made-up data set, explored."""
    return explore(make_collection())


@pytest.fixture(scope="package")
def heard(found, album) -> Exploration:
    """The same, as if its tracks were the pieces of the album."""
    pieces = [replace(t, path=album[i % 10]) for i, t in enumerate(found.collection.tracks)]
    collection = replace(found.collection, kind="audio", tracks=pieces)
    return replace(
        found,
        collection=collection,
        examples=find_examples(collection, found.maps.whole),
        sounds={o.row: excerpt_of(collection, o.row, 5.0) for o in found.outliers[:2]},
    )
