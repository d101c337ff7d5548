"""What a memory is worth: abstentions, what is caught, neighbours; each from unmet music."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from earmark.errors import BadDataset
from earmark.memory import MUSIC, Memory, Numbers
from earmark.remembering.fitting import held_out, learn, limits
from earmark.remembering.gathering import SUMMARY, Music, Places, Sounds

FOLDS = 5
NEAREST = 10
"""Neighbours that are looked at."""


def learn_and_judge(
    music: Music, sounds: Sounds, others: Sounds, *, seed: int = 0
) -> tuple[Memory, dict[str, Any]]:
    """The memory of all tracks, with limits set on what folds held out, and what it is worth.

    Args:
        music: the tracks.
        sounds: what is no music, to learn from.
        others: what is no music, to judge by.
        seed: of the folds.

    Raises:
        BadDataset: there are not enough artists for folds.
    """
    if len(set(music.groups.tolist())) < FOLDS:
        raise BadDataset(f"a memory needs music by {FOLDS} artists or more, to be judged by folds")
    folds = folds_of(music.groups, seed)
    memories, musicality, strangeness = held_out(music, sounds, folds)
    memory = replace(learn(music, sounds), limits=limits(musicality.ravel(), strangeness.ravel()))
    return memory, {
        "abstains": _abstentions(folds, musicality, strangeness, music),
        "caught": _caught(memory, others),
        "neighbours": _neighbours(memories, music, folds),
    }


def folds_of(groups: Places, seed: int) -> Places:
    """Number of each track's fold; a group is in one [shape=(tracks,)]."""
    order = np.random.default_rng(seed).permutation(groups.max() + 1)
    folds: Places = order[groups] % FOLDS
    return folds


def _abstentions(
    folds: Places, musicality: Numbers, strangeness: Numbers, music: Music
) -> dict[str, Any]:
    """Shares of held-out music called unknown, by limits from the other folds alone; and which."""
    unknown = np.zeros(musicality.shape, bool)
    for fold in range(FOLDS):
        out = folds == fold
        bound = limits(musicality[:, ~out].ravel(), strangeness[:, ~out].ravel())
        unknown[:, out] = (musicality[:, out] < bound.music) | (
            strangeness[:, out] > bound.strangeness
        )
    sets = np.array(music.names)
    short = np.arange(len(sets)) % 2 == 1
    return {
        "whole clips": _share(unknown[0]),
        "10 s": _share(unknown[1, ~short]),
        "5 s": _share(unknown[1, short]),
        "by data set, whole clips": {
            name: _share(unknown[0, sets == name])
            | {
                "tracks": [
                    music.tracks[int(i)].id for i in np.flatnonzero(unknown[0] & (sets == name))
                ]
            }
            for name in dict.fromkeys(music.names)
        },
    }


def _caught(memory: Memory, others: Sounds) -> dict[str, Any]:
    """Of sounds of each kind, the share that is unknown, and why."""
    found: dict[str, Any] = {}
    for code, kind in enumerate(others.kinds):
        vectors = others.vectors[others.codes == code]
        scores, odd = memory.scores(vectors), memory.strangeness(vectors)
        unmusical = memory.musicality(vectors) < memory.limits.music
        strange = ~unmusical & (odd > memory.limits.strangeness)
        why = {
            name: int((unmusical & (scores[:, 1:].argmax(axis=1) == i)).sum())
            for i, name in enumerate(memory.kinds[1:])
        }
        why |= {"unlike all music": int(strange.sum())}
        found[kind] = {
            **_share(unmusical | strange),
            "as": {name: count for name, count in why.items() if count},
        }
    return found


def _neighbours(memories: Sequence[Memory], music: Music, folds: Places) -> list[dict[str, Any]]:
    """By data set and by way to compare tracks: genre and artist of the nearest.

    A held-out track is compared with all others of its data set, by maps that have not met its
    fold. Genre is asked of other artists' tracks; the artist where there are two tracks by it.
    """
    parts = np.cumsum([0, *(len(part.names) for part in SUMMARY.parts)])
    mfcc = slice(parts[0], parts[1])
    ways: dict[str, Callable[[Memory, Numbers], Numbers]] = {
        "MFCC statistics": lambda memory, vectors: unit(memory.standard(vectors)[:, mfcc]),
        "all numbers of the summary": lambda memory, vectors: unit(memory.standard(vectors)),
        "embedding": lambda memory, vectors: memory.embed(vectors).astype(np.float64),
    }
    rows = []
    sets, classes = np.array(music.names), music.classes()
    for name in dict.fromkeys(music.names):
        here = np.flatnonzero(sets == name)
        for title, place in ways.items():
            genre: list[float] = []
            artist: list[float] = []
            for fold, memory in enumerate(memories):
                vectors = place(memory, music.vectors[here])
                asked = np.flatnonzero(folds[here] == fold)
                said = nearest(vectors, asked, music.groups[here], classes[here])
                genre += said[0]
                artist += said[1]
            rows.append(
                {
                    "data": name,
                    "compared by": title,
                    "label": next(iter(music.tracks[here[0]].labels), None),
                    "same label": float(np.mean(genre)) if genre else None,
                    "same artist": float(np.mean(artist)) if artist else None,
                    "tracks": len(genre),
                    "tracks with others by their artist": len(artist),
                }
            )
    return rows


def nearest(
    vectors: Numbers, asked: Places, groups: Places, classes: Places
) -> tuple[list[float], list[float]]:
    """Of some tracks: share of their label among the nearest by others; whether the artist is."""
    similar = vectors[asked] @ vectors.T
    same = np.equal(groups[asked, None], groups)
    itself = np.equal(asked[:, None], np.arange(len(vectors)))
    by_others = np.argsort(np.where(same, -np.inf, -0.0) + similar, axis=1)[:, ::-1][:, :NEAREST]
    alike = np.equal(classes[by_others], classes[asked, None]).mean(axis=1)
    near = np.argsort(np.where(itself, -np.inf, similar), axis=1)[:, ::-1][:, :NEAREST]
    met = np.take_along_axis(same, near, axis=1).sum(axis=1) > 0
    return alike[classes[asked] >= 0].tolist(), met[same.sum(axis=1) > 1].tolist()


def unit(vectors: Numbers) -> Numbers:
    """Vectors of length 1 [shape=(n, numbers)]; what has none stays 0."""
    lengths: Numbers = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)


def _share(unknown: Any) -> dict[str, Any]:
    """How many, of how many."""
    return {"share": float(np.mean(unknown)), "unknown": int(np.sum(unknown)), "of": len(unknown)}


def as_table(report: dict[str, Any]) -> str:
    """A report to read."""
    lines = [f"{'held-in music, unmet artists':34} {'unknown':>8} {'of':>6}"]
    lines += [_line(name, about) for name, about in report["abstains"].items() if "of" in about]
    lines += ["", f"{'sounds that are no ' + MUSIC:34} {'unknown':>8} {'of':>6}"]
    lines += [_line(name, about) for name, about in report["caught"].items()]
    lines += ["", f"{f'the {NEAREST} nearest':34} {'label':>8} {'artist':>6}"]
    for row in report["neighbours"]:
        label, artist = (_percent(row[key]) for key in ("same label", "same artist"))
        lines.append(f"{row['data'] + ': ' + row['compared by']:42} {label:>6} {artist:>6}")
    return "\n".join(lines) + "\n"


def _line(name: str, about: dict[str, Any]) -> str:
    return f"{name:34} {_percent(about['share']):>8} {about['of']:>6}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
