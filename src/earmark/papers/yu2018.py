"""`yu2018`: one network for genre and mood, and the two that it is compared with.

What the paper says: mel-spectrograms in grey, each sample of 30 s cut into ten slices of 3 s, which
are put on sides at random: 4074 to train, 225 dev, 225 test. Learning rate 0.001, batch 75, L2
0.002 on "the flattened and the FC layers". Accuracy is "number of songs categorized correctly
divided by total number of songs", of which 225 are judged, so that a slice is meant.

What it leaves open, and what was chosen:

- The optimizer: Adam. The epochs: 30, and the last one is judged.
- What the L2 is on: what the flattened layer and the layer of 15 feed, which are the weights of
  that layer and of the decision layers. The loss is the sum of the outputs' cross-entropies.
- How the two other networks were trained: like this one, without the L2. Theirs are the guesses of
  `earmark.networks.yu2018_baselines`.
- The levels of a slice are relative to its own loudest cell.

The paper's data (FMA, with valence from Spotify) can be given as fma-small or fma-medium, of which
the six genres take part. Here Emotify stands in: four genres, and mood by the tertiles of
joyful_activation − sadness. Small forms of the systems see one frame in 3.34, 128 × 39 numbers a
slice in place of 128 × 130; Choi's pooling leaves nothing of so few, and has 96 × 96.

The proposals: valence, danceability and energy as numbers (FMA has them; of Emotify valence and the
nine emotions, one network for all); what the 15 nodes stand for, and whether they recommend
(`earmark.papers.nodes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from earmark.papers.base import (
    PLAIN,
    Findings,
    Material,
    Naive,
    Paper,
    Printed,
    Study,
    System,
    merge,
)

NAIVE = Naive(judged=0.05, valid=0.05, slices=10)
OUTPUTS = ("genre", "mood")
EMOTIONS = (
    "amazement solemnity tenderness nostalgia calmness power joyful_activation tension sadness"
).split()
GENRES = ("Rock", "Hip-Hop", "Pop", "Folk", "Instrumental", "Electronic")
FMA = ("fma-small", "fma-medium")
"""Without the largest, which holds tracks of no single genre."""

WHOLE = {
    "data": {"dtype": "float16"},
    "feature": {
        "name": "slices",
        "source": {"name": "log-mel", "frames_per_column": [1, 1]},
    },
    "training": {"precision": "bf16"},
}
SMALL = {"data": {"dtype": "float16"}, "feature": {"name": "slices"}}
SQUARE = {
    "data": {"dtype": "float16"},
    "feature": {
        "name": "slices",
        "source": {
            "name": "grey-image",
            "rows": 96,
            "columns": 96,
            "source": {"name": "log-mel", "frames_per_column": [1, 1]},
        },
    },
    "training": {"precision": "bf16"},
}

TRAINING = merge(PLAIN, {"training": {"epochs": 30, "batch": 75}})
OURS = merge(
    TRAINING,
    {
        "model": {"name": "yu-cnn"},
        "training": {"l2": 0.002, "l2_on": ["nodes.0.weight", "answers.*.weight"]},
    },
)
ZHANG = merge(TRAINING, {"model": {"name": "zhang-cnn"}})
CHOI = merge(TRAINING, {"model": {"name": "choi-cnn"}})

NARROW_YU = {"model": {"settings": {"channels": [4, 4, 8, 8]}}}
NARROW_ZHANG = {"model": {"settings": {"channels": 16, "dense": [30, 15]}}}
NARROW_CHOI = {"model": {"settings": {"channels": [4, 4, 8, 8]}}}

_TABLE = "Model Comparisons, test"
BF16 = "convolutions in bfloat16, to save time"


def _printed(genre: float, mood: float) -> tuple[Printed, ...]:
    return (
        Printed(value=genre, where=f"{_TABLE}, genre", output="genre", unit="clip"),
        Printed(value=mood, where=f"{_TABLE}, mood", output="mood", unit="clip"),
    )


PRINTED = {"zhang": _printed(0.333, 0.42), "choi": _printed(0.79, 0.702)}
PRINTED_YU = (
    *_printed(0.844, 0.80),
    Printed(output="genre", where="ours: the mean over a track's slices"),
    Printed(output="mood", where="ours: the mean over a track's slices"),
)


def _systems(
    data: tuple[str, ...], suffix: str, only: Mapping[str, tuple[str, ...]]
) -> tuple[System, ...]:
    """The rows of the table on some data, the small forms first."""
    common: dict[str, Any] = {"data": data, "naive": NAIVE, "outputs": OUTPUTS, "only": only}
    zhang: dict[str, Any] = {**common, "printed": PRINTED["zhang"], "quick": NARROW_ZHANG}
    choi: dict[str, Any] = {**common, "printed": PRINTED["choi"], "quick": NARROW_CHOI}
    ours: dict[str, Any] = {**common, "printed": PRINTED_YU, "quick": NARROW_YU}
    return (
        System(
            key=f"zhang-39{suffix}",
            title="after Zhang et al. 2016, 128 × 39",
            recipe=merge(ZHANG, SMALL),
            **zhang,
        ),
        System(
            key=f"choi-96{suffix}",
            title="after Choi et al. 2016, 96 × 96",
            recipe=merge(CHOI, SQUARE),
            note=BF16,
            patience=5,
            **choi,
        ),
        System(
            key=f"yu-cnn-39{suffix}", title="yu-cnn, 128 × 39", recipe=merge(OURS, SMALL), **ours
        ),
        System(
            key=f"zhang{suffix}",
            title="after Zhang et al. 2016, 128 × 130",
            recipe=merge(ZHANG, WHOLE),
            note=BF16,
            **zhang,
        ),
        System(
            key=f"choi{suffix}",
            title="after Choi et al. 2016, 128 × 130",
            recipe=merge(CHOI, WHOLE),
            note=BF16,
            patience=5,
            **choi,
        ),
        System(
            key=f"yu-cnn{suffix}",
            title="yu-cnn, 128 × 130",
            recipe=merge(OURS, WHOLE),
            note=BF16,
            **ours,
        ),
    )


def _regressor(key: str, title: str, data: tuple[str, ...], outputs: tuple[str, ...]) -> System:
    printed = tuple(
        Printed(metric=metric, output=output, where="proposed, not printed")
        for output in outputs
        for metric in ("r", "r_squared")
    )
    return System(
        key=key,
        title=title,
        data=data,
        recipe=merge(OURS, SMALL),
        naive=NAIVE,
        printed=printed,
        outputs=outputs,
        quick=NARROW_YU,
    )


def _nodes(material: Material) -> Findings:
    from earmark.papers.node_report import study

    return study(material, "yu-cnn-39" if material.dataset == "emotify" else "yu-cnn-39-fma")


def _nodes_study(key: str, system: str, data: tuple[str, ...]) -> Study:
    return Study(
        key=key, title="What the 15 nodes stand for", needs=(system,), run=_nodes, data=data
    )


PAPER = Paper(
    key="yu2018",
    citation="X. F. Yu, Music tagging with convolutional neural network, about 2018",
    data="The paper: 450 songs of FMA in six genres, valence from Spotify. Here: Emotify, 400 "
    "tracks in four genres, mood from what listeners felt; FMA where it is given.",
    systems=(
        *_systems(("emotify",), "", {}),
        _regressor("valence", "yu-cnn for valence, 128 × 39", ("emotify", *FMA), ("valence",)),
        _regressor("emotions", "yu-cnn for nine emotions", ("emotify",), tuple(EMOTIONS)),
        _regressor("echonest", "yu-cnn for two more numbers", FMA, ("danceability", "energy")),
        *_systems(FMA, "-fma", {"genre": GENRES}),
    ),
    studies=(
        _nodes_study("nodes", "yu-cnn-39", ("emotify",)),
        _nodes_study("nodes-fma", "yu-cnn-39-fma", FMA),
    ),
    notes=(
        "The paper prints accuracy on the training side too: genre and mood 0.476 and 0.478 "
        "(Zhang), 0.968 and 0.953 (Choi), 0.908 and 0.907 (its own).",
        "Worst in the paper: Instrumental, 73.5 %; of moods Happy 70.6 % and Neutral 78.6 %.",
        "The naive split puts slices of one song on both sides, as the paper did.",
    ),
)
