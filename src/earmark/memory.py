"""What a bundle remembers: the music that it was made from, and what sounds that are none are like.

Of a log-mel one vector is taken, `summary`, and from that come

- the embedding: a linear map to a unit vector, whose neighbours sound alike;
- the neighbours: the remembered tracks with the nearest embeddings, by name;
- the kind of sound: a linear classifier of music, speech, noise, tones, beeps and applause;
- how strange it is: how far, on average, its numbers lie from those of music.

A sound is unknown if it is of another kind than music, or stranger than nearly all music is.
Everything is numpy: arrays in one file, which is read without pickle.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.bundle import Bundle, check_file
from earmark.errors import BadBundle
from earmark.features import LogMel, feature_from_dict, feature_to_dict
from earmark.features.base import Array, Feature

FILE = "memory.npz"
"""What the file is called in a bundle's folder."""

MUSIC = "music"
"""The first kind of sound; each other is a reason not to know."""

REASONS = {"tone": "a lone tone", "beeps": "electronic beeps"}
"""Reasons in words, where they are not the kind's own name."""

FARTHEST = 6.0
"""Deviations from the mean beyond which a number counts as this far: one alone decides nothing."""

_ARRAYS = "mean", "scale", "projection", "weights", "biases", "vectors"
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Remembered:
    """A track of the memory.

    Attributes:
        name: its name in its data set.
        artist: who plays, where that is known.
        labels: its labels, by output of the data set.
    """

    name: str
    artist: str | None
    labels: Mapping[str, str]

    def __str__(self) -> str:
        return self.name if self.artist is None else f"{self.name} by {self.artist}"


@dataclass(frozen=True)
class Neighbour:
    """A remembered track that sounds like another.

    Attributes:
        track: the track.
        similarity: cosine of the angle between both embeddings; 1 for the same sound.
    """

    track: Remembered
    similarity: float


@dataclass(frozen=True)
class Limits:
    """Where knowing ends.

    Attributes:
        music: least score of music above that of every other kind (`Memory.musicality`).
        strangeness: the most that music differs (`Memory.strangeness`).
    """

    music: float
    strangeness: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Memory:
    """Arrays, and what follows from them; n numbers in a vector, d in an embedding.

    Attributes:
        feature: the vector that is taken of a log-mel.
        kinds: the kinds of sound, `MUSIC` first.
        limits: where knowing ends.
        mean: of each number over music [shape=(n,)].
        scale: its standard deviation [shape=(n,)].
        projection: standardized numbers → components of the embedding [shape=(n, d)].
        weights: standardized numbers → scores of the kinds [shape=(n, kinds)].
        biases: added to the scores [shape=(kinds,)].
        vectors: embeddings of the tracks [shape=(tracks, d)], float16.
        tracks: what is known of them.

    Raises:
        ValueError: the arrays do not fit each other.
    """

    feature: Feature
    kinds: tuple[str, ...]
    limits: Limits
    mean: NDArray[Any]
    scale: NDArray[Any]
    projection: NDArray[Any]
    weights: NDArray[Any]
    biases: NDArray[Any]
    vectors: NDArray[Any]
    tracks: Sequence[Remembered]

    def __post_init__(self) -> None:
        (n,) = self.feature.shape(30.0)
        d, kinds = self.projection.shape[-1], len(self.kinds)
        shapes = (n,), (n,), (n, d), (n, kinds), (kinds,), (len(self.tracks), d)
        for name, shape in zip(_ARRAYS, shapes, strict=True):
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has the shape {getattr(self, name).shape}, not {shape}")
        if kinds < 2 or self.kinds[0] != MUSIC or not self.tracks:
            raise ValueError(f"kinds of sound, {MUSIC} first, and tracks are needed")

    def standard(self, vector: NDArray[Any]) -> Numbers:
        """Numbers as deviations from music's mean, none beyond `FARTHEST` [shape=(…, n)]."""
        standard: Numbers = np.clip((vector - self.mean) / self.scale, -FARTHEST, FARTHEST)
        return standard

    def embed(self, vector: NDArray[Any]) -> Array:
        """The embedding of vectors [shape=(…, n)] → unit vectors [shape=(…, d)]."""
        projected = self.standard(vector) @ self.projection
        length = np.linalg.norm(projected, axis=-1, keepdims=True)
        return np.asarray(projected / np.maximum(length, 1e-12), np.float32)

    def neighbours(self, embedding: Array, count: int = 10) -> list[Neighbour]:
        """The remembered tracks that sound most like it, the likest first.

        Args:
            embedding: of one track [shape=(d,)].
            count: how many; fewer where fewer are remembered.
        """
        similarity = self.vectors.astype(np.float32) @ embedding
        nearest = np.argsort(-similarity, kind="stable")[:count]
        return [Neighbour(self.tracks[i], float(similarity[i])) for i in nearest]

    def scores(self, vector: NDArray[Any]) -> Numbers:
        """How much vectors [shape=(…, n)] are like each kind of sound [shape=(…, kinds)]."""
        scores: Numbers = self.standard(vector) @ self.weights + self.biases
        return scores

    def musicality(self, vector: NDArray[Any]) -> Numbers:
        """The score of music above the highest of the other kinds [shape=(…,)]."""
        scores = self.scores(vector)
        above: Numbers = scores[..., 0] - scores[..., 1:].max(axis=-1)
        return above

    def strangeness(self, vector: NDArray[Any]) -> Numbers:
        """Root mean square of the standardized numbers, 1 for typical music [shape=(…,)]."""
        strangeness: Numbers = np.sqrt(np.square(self.standard(vector)).mean(axis=-1))
        return strangeness

    def unknown(self, vector: NDArray[Any]) -> str | None:
        """Why a vector [shape=(n,)] is not of music as it is known; None if it is."""
        if self.musicality(vector) < self.limits.music:
            kind = self.kinds[1 + int(self.scores(vector)[1:].argmax())]
            return REASONS.get(kind, kind)
        if self.strangeness(vector) > self.limits.strangeness:
            (nearest,) = self.neighbours(self.embed(vector), 1)
            return f"unlike all music that was learnt from; nearest is {nearest.track}"
        return None


def read_memory(bundle: Bundle) -> Memory | None:
    """The memory of a bundle; None if it has none.

    Raises:
        BadBundle: it is damaged, or does not fit.
    """
    about = bundle.manifest.get("memory")
    if about is None:
        return None
    data = check_file(bundle.path, bundle.manifest, FILE)
    try:
        if bundle.feature != LogMel():
            raise ValueError("a memory is of log-mels, and the bundle judges something else")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            tracks = json.loads(arrays["tracks"].tobytes())
            return Memory(
                feature=feature_from_dict(about["feature"]),
                kinds=tuple(about["kinds"]),
                limits=Limits(**about["limits"]),
                tracks=[Remembered(*track) for track in tracks],
                **{name: arrays[name] for name in _ARRAYS},
            )
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise BadBundle(f"{bundle.path / FILE}: cannot be used: {error}") from error


def memory_file(memory: Memory) -> bytes:
    """The file of a memory; the same bytes for the same memory."""
    tracks = [[track.name, track.artist, dict(track.labels)] for track in memory.tracks]
    text = json.dumps(tracks, ensure_ascii=False, separators=(",", ":"))
    file = io.BytesIO()
    arrays = {name: getattr(memory, name) for name in _ARRAYS}
    np.savez(file, tracks=np.frombuffer(text.encode("utf-8"), np.uint8), **arrays)
    return file.getvalue()


def memory_manifest(memory: Memory) -> dict[str, Any]:
    """What bundle.json says of a memory."""
    return {
        "file": FILE,
        "feature": feature_to_dict(memory.feature),
        "kinds": list(memory.kinds),
        "limits": {
            "music": memory.limits.music,
            "strangeness": memory.limits.strangeness,
        },
    }
