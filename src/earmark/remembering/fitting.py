"""Vectors → a memory. All of it is linear algebra in closed form; nothing is drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from earmark.datasets import Track
from earmark.memory import MUSIC, Limits, Memory, Numbers, Remembered
from earmark.remembering.gathering import SUMMARY, Music, Places, Sounds

COMPONENTS = 128
"""Numbers in an embedding, and principal components that it is made of."""

# Chosen by folds over artists on GTZAN's train and valid lists and on Emotify.
_SHRINKAGE = 0.3  # of the covariance within labels and artists, towards a sphere
_OF_ALL = 0.3  # what differences between tracks count beside those between labels
_KINDS_SHRINKAGE = 0.1  # of music's covariance, where kinds of sound are told apart

ABSTAIN_KIND, ABSTAIN_STRANGE = 0.02, 0.01
"""Shares of music, whole clips and stretches, that either limit may call unknown."""


def learn(music: Music, sounds: Sounds, rows: Places | None = None) -> Memory:
    """A memory without limits: it knows everything.

    Args:
        music: the tracks.
        sounds: what is no music.
        rows: the tracks that are learnt from and remembered; all if None.
    """
    rows = np.arange(len(music.tracks)) if rows is None else rows
    vectors = music.vectors[rows]
    bare = Memory(
        feature=SUMMARY,
        kinds=(MUSIC, *sounds.kinds),
        limits=Limits(-np.inf, np.inf),
        mean=vectors.mean(axis=0).astype(np.float32),
        scale=np.maximum(vectors.std(axis=0), 1e-6).astype(np.float32),
        projection=np.zeros((vectors.shape[1], 1), np.float32),
        weights=np.zeros((vectors.shape[1], 1 + len(sounds.kinds)), np.float32),
        biases=np.zeros(1 + len(sounds.kinds), np.float32),
        vectors=np.zeros((len(rows), 1), np.float16),
        tracks=[remembered(music.tracks[i]) for i in rows],
    )
    of_music = np.concatenate([vectors, music.stretches[rows]])
    weights, biases = discriminants(
        bare.standard(np.concatenate([of_music, sounds.vectors])),
        np.concatenate([np.zeros(len(of_music), np.int64), 1 + sounds.codes]),
    )
    projection = embedding(bare.standard(vectors), music.classes()[rows], music.groups[rows])
    known = replace(
        bare,
        weights=weights.astype(np.float32),
        biases=biases.astype(np.float32),
        projection=projection.astype(np.float32),
        vectors=np.zeros((len(rows), projection.shape[1]), np.float16),
    )
    return replace(known, vectors=known.embed(vectors).astype(np.float16))


def embedding(standard: Numbers, classes: Places, groups: Places) -> Numbers:
    """The map under which tracks of one label, and of one artist, lie close.

    Principal components P are whitened by the covariance W within labels and within artists, each
    counting half, shrunk towards a sphere; as in linear discriminant analysis, the axes are then
    eigenvectors of the covariance B between labels, to which a share of that of all tracks, T, is
    added, so that what labels do not tell is not lost. Each axis is as long as the root of its
    eigenvalue.

    Args:
        standard: standardized vectors [shape=(tracks, n)].
        classes: number of each one's label, −1 for none [shape=(tracks,)].
        groups: number of its artist [shape=(tracks,)].

    Returns:
        The map [shape=(n, d)], with d up to `COMPONENTS`.
    """
    values, axes = np.linalg.eigh(np.cov(standard.T))
    used = values > 1e-9 * values[-1]
    components = axes[:, used][:, ::-1][:, :COMPONENTS]
    tracks = (standard - standard.mean(axis=0)) @ components
    labelled = classes >= 0
    told = covariance_within(tracks[labelled], classes[labelled]), covariance_within(tracks, groups)
    # Where no two tracks share a label or an artist, nothing says what may differ between likes.
    within = [found for found in told if np.trace(found) > 0] or [np.cov(tracks.T)]
    inner = shrunk(np.mean(within, axis=0), _SHRINKAGE)
    spreads, turns = np.linalg.eigh(inner)
    whitening = turns / np.sqrt(spreads)
    white = tracks @ whitening
    between = _OF_ALL * np.cov(white.T)
    middle = white[labelled].mean(axis=0) if labelled.any() else 0
    for label in np.unique(classes[labelled]):
        members = white[classes == label]
        off = members.mean(axis=0) - middle
        between += len(members) / labelled.sum() * np.outer(off, off)
    lengths, chosen = np.linalg.eigh(between)
    found: Numbers = components @ whitening @ (chosen * np.sqrt(lengths))[:, ::-1]
    return found


def discriminants(standard: Numbers, codes: Places) -> tuple[Numbers, Numbers]:
    """Linear discriminants of kinds of sound, as far apart as music varies.

    As in linear discriminant analysis with a shrunk covariance (Friedman 1989), but it is that of
    music alone. What music never does then counts most, whatever other kinds do: of the ways tried
    this one caught most sounds of kinds that nothing was learnt from.

    Args:
        standard: standardized vectors [shape=(sounds, n)].
        codes: number of each one's kind, all from 0 on, which is music [shape=(sounds,)].

    Returns:
        Weights [shape=(n, kinds)] and biases [shape=(kinds,)]; scores are log likelihoods, all
        kinds as likely, but for a number that is the same for all.
    """
    means = np.array([standard[codes == kind].mean(axis=0) for kind in range(codes.max() + 1)])
    spread = np.cov(standard[codes == 0].T, bias=True)
    weights = np.linalg.solve(shrunk(spread, _KINDS_SHRINKAGE), means.T)
    return weights, -0.5 * np.einsum("kn,nk->k", means, weights)


def covariance_within(vectors: Numbers, groups: Places) -> Numbers:
    """Covariance around the means of groups [shape=(n, n)]; those of one member say nothing."""
    codes = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(codes)
    sums = np.zeros((len(sizes), vectors.shape[1]))
    np.add.at(sums, codes, vectors)
    off = vectors - (sums / sizes[:, None])[codes]
    found: Numbers = off.T @ off / max(1, len(vectors) - len(sizes))
    return found


def shrunk(covariance: Numbers, share: float) -> Numbers:
    """A covariance drawn by a share towards a sphere of the same trace."""
    size = len(covariance)
    drawn: Numbers = (1 - share) * covariance + share * np.trace(covariance) / size * np.eye(size)
    return drawn


def limits(musicality: Numbers, strangeness: Numbers) -> Limits:
    """The limits at which the wanted shares of held-out music are unknown [shapes=(vectors,)]."""
    return Limits(
        float(np.quantile(musicality, ABSTAIN_KIND)),
        float(np.quantile(strangeness, 1 - ABSTAIN_STRANGE)),
    )


def remembered(track: Track) -> Remembered:
    """What a memory says of a track."""
    return Remembered(track.id, track.artist, dict(track.labels))


def held_out(
    music: Music, sounds: Sounds, folds: Places
) -> tuple[Sequence[Memory], Numbers, Numbers]:
    """What memories say of the music of a fold from which they have not learnt.

    Args:
        music: the tracks.
        sounds: what is no music.
        folds: number of each track's fold [shape=(tracks,)].

    Returns:
        The memory of each fold; musicality and strangeness of whole clips and of stretches, from
        the memory that has not met them [shape=(2, tracks)].
    """
    memories = []
    musicality, strangeness = np.empty((2, 2, len(folds)))
    for fold in range(folds.max() + 1):
        memory = learn(music, sounds, np.flatnonzero(folds != fold))
        memories.append(memory)
        out = folds == fold
        for i, vectors in enumerate((music.vectors[out], music.stretches[out])):
            musicality[i, out] = memory.musicality(vectors)
            strangeness[i, out] = memory.strangeness(vectors)
    return memories, musicality, strangeness
