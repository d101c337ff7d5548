from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from earmark.evaluation.answers import Answers
from earmark.papers.base import PLAIN, Naive
from earmark.papers.subgenre import DIVIDED, FIRST, FLAT, OUTPUT, STUDY, combine, study, systems

GENRES = ("classical", "electronic", "pop", "rock")
SOLD = ("Alt Rock", "Classical", "Electronica", "Hard Rock")
WITHIN = {
    "electronic": ("Alt Rock", "Electronica"),
    "pop": ("Alt Rock", "Electronica"),
    "rock": ("Alt Rock", "Hard Rock"),
}
TRUE = {
    "c": ("classical", "Classical"),
    "e": ("electronic", "Electronica"),
    "p": ("pop", "Alt Rock"),
    "r": ("rock", "Hard Rock"),
}


def probabilities(*shape: int):
    return arrays(np.float64, shape, elements=st.floats(0.01, 1)).map(
        lambda a: a / a.sum(axis=-1, keepdims=True)
    )


@given(probabilities(3, 4), probabilities(3, 4, 5))
def test_what_is_combined_are_probabilities_again(genres, within):
    combined = combine(genres, within)
    np.testing.assert_allclose(combined.sum(axis=1), 1)
    expected = [
        [sum(p * w[s] for p, w in zip(g, q, strict=True)) for s in range(5)]
        for g, q in zip(genres, within, strict=True)
    ]
    np.testing.assert_allclose(combined, expected)


class Sure(torch.nn.Module):
    """Says a label of its own for each image: the one that its first pixel names."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        super().__init__()
        self.labels = labels

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        wanted = [SOLD[int(value)] for value in images[:, 0, 0]]
        rows = [[5.0 * (label == want) for label in self.labels] for want in wanted]
        return (torch.tensor(rows),)


class Runs:
    """Two folds. The genre is told right but of rock, which is taken for pop."""

    dataset, tracks, seeds, quick = "emotify", MappingProxyType({}), (0,), False

    def judged(self, system: str, way: str, seed: int = 0) -> list[list[str]]:
        if way == "naive":
            return [["c1", "e1", "p1", "r1", "unread"]]
        return [["c1", "e1"], ["p1", "r1", "unread"]]

    def folders(self, system: str, way: str, seed: int = 0) -> list[Path]:
        return [Path(system, str(i)) for i in range(len(self.judged(system, way)))]

    def answers(self, system: str, way: str, seed: int = 0) -> dict[str, Answers]:
        names = ("c1", "e1", "p1", "r1")
        if system == FIRST:
            names = names[::-1]  # each system may have an order of its own
            told = ["classical", "electronic", "pop", "pop"][::-1]
            return {"genre": self._said("genre", GENRES, names, 0, told)}
        if system == FLAT:
            told = ["Classical", "Electronica", "Hard Rock", "Hard Rock"]
            return {OUTPUT: self._said(OUTPUT, SOLD, names, 1, told)}
        genre = system.removeprefix("subgenre-of-").removesuffix("-16")
        inside = tuple(name for name in names if TRUE[name[0]][0] == genre)
        told = [TRUE[name[0]][1] for name in inside]
        return {OUTPUT: self._said(OUTPUT, WITHIN[genre], inside, 1, told)}

    def _said(self, output, labels, names, which, told) -> Answers:
        return Answers(
            output=output,
            kind="classes",
            labels=labels,
            tracks=names,
            artists=tuple(f"artist of {name}" for name in names),
            clips=(0,) * len(names),
            truth=np.array([labels.index(TRUE[name[0]][which]) for name in names]),
            scores=np.array([[float(label == t) for label in labels] for t in told]),
        )

    def network(self, folder: Path) -> Sure:
        genre = folder.parts[0].removeprefix("subgenre-of-").removesuffix("-16")
        return Sure(WITHIN[genre])

    def store(self, system: str) -> Runs:
        return self

    def read(self, name: str) -> np.ndarray:
        assert name != "unread"
        return np.full((2, 3), SOLD.index(TRUE[name[0]][1]), np.float32)


@pytest.mark.parametrize("way", ["naive", "leak-free"])
def test_judges_by_the_genre_that_was_told_and_by_the_true_one(way):
    rows = study(Runs()).data["rows"]
    at_once, then, given_genre = (row[way] for row in rows.values())
    assert at_once["accuracy"] == 0.75  # pop taken for hard rock
    assert then["accuracy"] == 0.75  # rock taken for pop, which is never hard
    assert given_genre["accuracy"] == 1
    assert {row["tracks"] for row in (at_once, then, given_genre)} == {4}


def test_says_on_which_tracks_the_two_ways_differ():
    paired = study(Runs()).data["paired"]["leak-free"]
    assert paired["first_only"] == ["r1"]
    assert paired["second_only"] == ["p1"]


def test_shows_the_three_rows_with_intervals():
    text = study(Runs()).text
    assert "| the seller's genre at once | 75.0% (" in text
    assert "| genre, then the seller's genre | 75.0% (" in text


def test_has_a_network_per_genre_that_is_sold_as_several_and_names_all_that_it_needs():
    made = {system.key: system for system in systems(PLAIN, Naive(judged=0.15))}
    assert set(STUDY.needs) == {FIRST, *made}
    assert made[FLAT].listed
    assert made[FLAT].only == {}
    for genre in DIVIDED:
        system = made[f"subgenre-of-{genre}-16"]
        assert system.only == {"genre": (genre,)}
        assert not system.listed


def test_the_genres_that_are_sold_as_several_are_those_of_the_data(data):
    from earmark.datasets import open_dataset

    sold: dict[str, set[str]] = {}
    for track in open_dataset("emotify", data / "emotify").tracks():
        sold.setdefault(track.labels["genre"], set()).add(track.labels[OUTPUT])
    assert {genre for genre, names in sold.items() if len(names) > 1} == set(DIVIDED)
    assert sold["classical"] == {"Classical"}
