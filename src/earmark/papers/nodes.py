"""What each of the 15 nodes of `yu2018` stands for, and which tracks their numbers call alike.

The paper's last proposal: "It would be interesting to examine what each of the 15 nodes of the FC
layer represent, and see whether this vector can be used for music recommendation, where songs with
similar vectors are recommended."

A node is described by what it goes along with over tracks: its mean over a track's slices is
correlated (Pearson's r) with each label (1 where the track has it, 0 elsewhere), with each number
that the data set gives, and with the mean level of each band. Tracks are alike when the vectors of
their means lie close (Euclidean distance).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from earmark.datasets import Track
from earmark.features.base import Array

if TYPE_CHECKING:
    from torch import Tensor

Numbers = NDArray[np.float64]

NEAREST = 5
"""How many tracks are recommended for each."""


class Embedding(Protocol):
    """A network with a layer of nodes, such as `earmark.networks.YuCnn`."""

    def eval(self) -> object:
        """Leave training mode."""

    def embed(self, clips: Tensor) -> Tensor:
        """What the nodes say [shape=(clips, nodes)]."""


@dataclass(frozen=True)
class Heard:
    """What the nodes said of tracks.

    Attributes:
        tracks: the tracks.
        vectors: each node's mean over a track's slices [shape=(tracks, nodes)].
        active: share of all slices in which each node is above 0 [shape=(nodes,)].
        levels: each band's mean over a track's slices [shape=(tracks, bands)].
    """

    tracks: tuple[Track, ...]
    vectors: Numbers
    active: Numbers
    levels: Numbers


@dataclass(frozen=True)
class Trait:
    """What tracks have more or less of: a label, a number, a band's level.

    Attributes:
        question: the output or value that it belongs to, such as "genre" or "valence".
        name: the label; that of the value itself for a number.
        amounts: how much each track has of it [shape=(tracks,)].
    """

    question: str
    name: str
    amounts: Numbers


def listen(network: Embedding, tracks: Sequence[Track], clips: Iterable[Array]) -> Heard:
    """Let the nodes hear tracks.

    Args:
        network: a trained one; it is put into evaluation mode.
        tracks: what is heard, best what it has not learnt from.
        clips: the clips of each track as the network takes them [shape=(clips, bands, columns)].
    """
    import torch

    network.eval()
    vectors, levels, above, count = [], [], 0.0, 0
    with torch.inference_mode():
        for array in clips:
            said = network.embed(torch.from_numpy(np.ascontiguousarray(array))).double().numpy()
            vectors.append(said.mean(axis=0))
            levels.append(array.mean(axis=(0, 2), dtype=np.float64))
            above, count = above + (said > 0).sum(axis=0), count + len(said)
    if len(vectors) != len(tracks):
        raise ValueError(f"{len(tracks)} tracks need clips of as many, not of {len(vectors)}")
    return Heard(tuple(tracks), np.array(vectors), np.asarray(above / count), np.array(levels))


def traits(tracks: Sequence[Track], outputs: Sequence[str], values: Sequence[str]) -> list[Trait]:
    """What may be correlated with nodes: every label of the outputs, and the values.

    A label that no track has, or all, is left out, and so is a value that not every track has.
    """
    found = []
    for output in outputs:
        answers = np.array([track.labels.get(output, "") for track in tracks])
        for label in sorted(set(answers) - {""}):
            found.append(Trait(output, str(label), (answers == label).astype(np.float64)))
    for value in values:
        if all(value in track.values for track in tracks):
            amounts = np.array([track.values[value] for track in tracks], np.float64)
            found.append(Trait(value, value, amounts))
    return [trait for trait in found if np.ptp(trait.amounts) > 0]


def correlations(nodes: Numbers, amounts: Numbers) -> Numbers:
    """Pearson's r of each node with each trait [shape=(nodes, traits)]; 0 where one never changes.

    Args:
        nodes: by track [shape=(tracks, nodes)].
        amounts: by track [shape=(tracks, traits)].
    """
    first, second = (_unit(array) for array in (nodes, amounts))
    return np.asarray(first.T @ second)


def _unit(columns: Numbers) -> Numbers:
    """Columns of mean 0 and length 1; what never changes becomes 0."""
    centred = columns - columns.mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    # The mean of equal numbers may differ from them in the last digit.
    still = length <= 1e-9 * np.abs(columns).max(axis=0, initial=0) * len(columns)
    return np.asarray(np.divide(centred, length, out=np.zeros_like(centred), where=~still))


def distances(vectors: Numbers) -> Numbers:
    """Euclidean distance of each track from each [shape=(tracks, tracks)]."""
    return np.asarray(np.linalg.norm(vectors[:, None] - vectors[None], axis=2))


def similar(
    heard: Heard, track: int, *, count: int = NEAREST, other_artists: bool = True
) -> list[int]:
    """The tracks most like one, the nearest first.

    Args:
        heard: what the nodes said of all that may be recommended.
        track: which of them is asked about.
        count: how many are wanted.
        other_artists: leave out what the same artist plays, which is alike for other reasons too.
    """
    return _nearest(distances(heard.vectors)[track], _allowed(heard.tracks, other_artists)[track])[
        :count
    ]


def agreement(
    vectors: Numbers, tracks: Sequence[Track], output: str, *, other_artists: bool
) -> Numbers:
    """Share of the `NEAREST` tracks that have a track's own label, by track [shape=(tracks,)].

    NaN for a track that lacks a label, or has no other to be compared with.
    """
    answers = np.array([track.labels.get(output, "") for track in tracks])
    allowed = _allowed(tracks, other_artists) & (answers != "")
    far = distances(vectors)
    shares = np.full(len(tracks), np.nan)
    for i, answer in enumerate(answers):
        chosen = _nearest(far[i], allowed[i])[:NEAREST]
        if answer and chosen:
            shares[i] = np.mean(answers[chosen] == answer)
    return shares


def chance(tracks: Sequence[Track], output: str, *, other_artists: bool) -> Numbers:
    """What `agreement` would be on average if the tracks were drawn at random (same shape)."""
    answers = np.array([track.labels.get(output, "") for track in tracks])
    allowed = _allowed(tracks, other_artists) & (answers != "")
    same = allowed & (answers[:, None] == answers[None])
    counts = np.where(answers == "", 0, allowed.sum(axis=1))
    nothing = np.full(len(tracks), np.nan)
    return np.asarray(np.divide(same.sum(axis=1), counts, out=nothing, where=counts > 0))


def _allowed(tracks: Sequence[Track], other_artists: bool) -> NDArray[np.bool_]:
    """Which track (column) may be recommended for which (row)."""
    allowed = ~np.eye(len(tracks), dtype=bool)
    if other_artists:
        artists = np.array([track.artist or "" for track in tracks])
        allowed &= (artists[:, None] != artists[None]) | (artists == "")
    return allowed


def _nearest(far: Numbers, allowed: NDArray[np.bool_]) -> list[int]:
    order = np.argsort(far, kind="stable")
    return [int(i) for i in order if allowed[i]]
