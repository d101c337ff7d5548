"""The last proposal of `duthoit2018`: tell the genre first, and then the subgenre.

Emotify has both: four genres, and what the seller (Magnatune) calls the album's genre. One network
tells the genre, and one per genre tells apart what is sold in it; classical music is sold as one.
The answer is p(subgenre) = Σ p(genre) p(subgenre | genre), which needs no choice in between. It is
held against one network that tells all of the seller's genres at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.evaluation.answers import Answers
from earmark.evaluation.intervals import Interval, bootstrap_interval
from earmark.evaluation.pairing import pair
from earmark.papers.base import WAYS, Findings, Material, Naive, Printed, Study, System, Way

OUTPUT = "magnatune-genre"
FIRST, FLAT = "cnn-16", "subgenre-16"
DIVIDED = ("electronic", "pop", "rock")
"""Genres of Emotify that are sold as more than one."""
UNDIVIDED = {"classical": "Classical"}

Scores = NDArray[np.float64]


def key(genre: str) -> str:
    """The key of the system that tells apart what is sold in a genre."""
    return f"subgenre-of-{genre}-16"


def systems(recipe: Mapping[str, Any], naive: Naive) -> tuple[System, ...]:
    """The networks beside the one for genre, all of one recipe."""

    def system(name: str, title: str, only: Mapping[str, tuple[str, ...]]) -> System:
        return System(
            key=name,
            title=title,
            data=("emotify",),
            recipe=recipe,
            naive=naive,
            printed=(Printed(output=OUTPUT, where="page 21: proposed"),),
            outputs=(OUTPUT,),
            only=only,
            listed=not only,
        )

    return (
        system(FLAT, "CNN for the seller's genre, ÷ 16", {}),
        *(
            system(key(genre), f"CNN for the seller's genre of {genre}, ÷ 16", {"genre": (genre,)})
            for genre in DIVIDED
        ),
    )


def study(material: Material) -> Findings:
    """Accuracy of genre-then-subgenre beside that of one network for all, both ways, first seed."""
    seed = material.seeds[0]
    lines = [
        "| tracks judged as | " + " | ".join(WAYS) + " |",
        "|---|" + "---|" * len(WAYS),
    ]
    results: dict[str, dict[str, Any]] = {name: {} for name in _ROWS}
    pairs = {}
    for way in WAYS:
        flat = material.answers(FLAT, way, seed)[OUTPUT].per_track()
        then, known = _both(material, way, seed, flat)
        for name, answers in zip(_ROWS, (flat, then, known), strict=True):
            results[name][way] = _accuracy(answers)
        pairs[way] = pair(flat, then).to_dict()
    for name, ways in results.items():
        cells = [_percent(ways[way]["accuracy"], ways[way]["interval"]) for way in WAYS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", "Intervals: 95 %, by bootstrap over artists."]
    return Findings(text="\n".join(lines), data={"rows": results, "paired": pairs})


def _accuracy(answers: Answers) -> dict[str, Any]:
    right = answers.right
    interval = bootstrap_interval(lambda rows: float(right[rows].mean()), answers.groups)
    return {
        "accuracy": round(float(right.mean()), 4),
        "interval": interval and [round(value, 4) for value in interval],
        "tracks": len(answers),
    }


_ROWS = (
    "the seller's genre at once",
    "genre, then the seller's genre",
    "the same with the true genre given",
)

STUDY = Study(
    key="genre-then-subgenre",
    title="Genre, then subgenre",
    needs=(FIRST, FLAT, *(key(genre) for genre in DIVIDED)),
    run=study,
    data=("emotify",),
)


def _both(material: Material, way: Way, seed: int, flat: Answers) -> tuple[Answers, Answers]:
    """The answers by way of the genre that was told, and of the true one, to the same tracks."""
    genres = material.answers(FIRST, way, seed)["genre"].per_track()
    rows = {name: i for i, name in enumerate(genres.tracks)}
    first = genres.scores[[rows[name] for name in flat.tracks]]
    truth = genres.truth[[rows[name] for name in flat.tracks]]
    within = _within(material, way, seed, flat, genres.labels)
    given = np.eye(len(genres.labels))[truth]
    return tuple(replace(flat, scores=combine(p, within)) for p in (first, given))  # type: ignore[return-value]


def combine(genres: Scores, within: Scores) -> Scores:
    """p(subgenre) = Σ p(genre) p(subgenre | genre).

    Args:
        genres: probabilities of genres [shape=(tracks, genres)].
        within: those of subgenres in each of them [shape=(tracks, genres, subgenres)].

    Returns:
        Probabilities [shape=(tracks, subgenres)].
    """
    combined: Scores = np.einsum("tg,tgs->ts", genres, within)
    return combined


def _within(
    material: Material, way: Way, seed: int, flat: Answers, genres: Sequence[str]
) -> Scores:
    """p(subgenre | genre) of each track [shape=(tracks, genres, subgenres)].

    A fold's tracks are judged by the networks of that fold, which all folds and systems share.
    """
    within = np.zeros((len(flat), len(genres), len(flat.labels)))
    place = {name: i for i, name in enumerate(flat.tracks)}
    judged = material.judged(FLAT, way, seed)
    for g, genre in enumerate(genres):
        if genre in UNDIVIDED:
            within[:, g, flat.labels.index(UNDIVIDED[genre])] = 1
            continue
        labels = material.answers(key(genre), way, seed)[OUTPUT].labels
        columns = [flat.labels.index(label) for label in labels]
        for folder, names in zip(material.folders(key(genre), way, seed), judged, strict=True):
            heard = [name for name in names if name in place]
            rows = [place[name] for name in heard]
            within[np.ix_(rows, [g], columns)] = _said(material, folder, heard)[:, None]
    return within


def _said(material: Material, folder: Path, names: Sequence[str]) -> Scores:
    """What a network says of images [shape=(tracks, its labels)]."""
    import torch

    store, network = material.store(FLAT), material.network(folder)
    images = torch.from_numpy(np.stack([store.read(name) for name in names]))
    network.eval()
    with torch.inference_mode():
        (logits,) = network(images)
    said: Scores = logits.double().softmax(dim=1).numpy()
    return said


def _percent(value: float, interval: Interval | None) -> str:
    if not interval:
        return f"{value:.1%}"
    return f"{value:.1%} ({interval[0]:.1%} to {interval[1]:.1%})"
