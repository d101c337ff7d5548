"""What stands on two sides of a split: the reason why published results are too high."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from earmark.datasets import Track
from earmark.splits.groups import GROUPINGS, key

LEARNT = "train"  # the side that is learnt from; the others are judged


@dataclass(frozen=True)
class Leak:
    """Something that stands on several sides.

    Attributes:
        kind: "track", "recording", "album", "artist", or "duplicate" for a pair that was given.
        key: which one, such as "artist:björk"; of a pair "duplicate:A = B".
        sides: the tracks that have it by side.
    """

    kind: str
    key: str
    sides: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Leaks:
    """All leaks of a split.

    Attributes:
        found: each of them, in order of kind and key.
        judged: how many tracks are judged (slices, where tracks are cut).
        counts: by kind, how many of the judged have their like on another side; None where the
            data set does not know that kind of any track of the split.
    """

    found: tuple[Leak, ...]
    judged: int
    counts: Mapping[str, int | None]


def judged_sides(names: Iterable[str]) -> list[str]:
    """The sides that a model is judged on: all but "train"; of folds each in turn."""
    return [name for name in names if name != LEARNT]


def leaks(
    tracks: Iterable[Track],
    sides: Mapping[str, Sequence[str]],
    duplicates: Iterable[tuple[str, str]] = (),
) -> Leaks:
    """Find what stands on two sides.

    Args:
        tracks: the data set.
        sides: names of its tracks by side; a track that is cut into slices is named by each side
            once for every slice there (`Split.track_ids`).
        duplicates: pairs of tracks that are known to be the same music.
    """
    by_id = {track.id: track for track in tracks}
    keys: dict[str, list[tuple[str, str]]] = {
        name: [(kind, found) for kind in GROUPINGS if (found := key(by_id[name], kind))]
        for names in sides.values()
        for name in names
    }
    pairs = [tuple(sorted(pair)) for pair in duplicates]
    for one, other in pairs:
        for name in (one, other):
            keys.get(name, []).append(("duplicate", f"duplicate:{one} = {other}"))
    places: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for side, names in sides.items():
        for name in names:
            for kind_and_key in keys[name]:
                places[kind_and_key][side].add(name)
    crossing = {what: where for what, where in places.items() if len(where) > 1}
    judged = [keys[name] for side in judged_sides(sides) for name in sides[side]]
    kinds = [*GROUPINGS, "duplicate"] if pairs else GROUPINGS
    known = {"duplicate", *(kind for kind, _ in places)}
    return Leaks(
        found=tuple(
            Leak(kind, found, {side: tuple(sorted(names)) for side, names in where.items()})
            for (kind, found), where in sorted(crossing.items())
        ),
        judged=len(judged),
        counts={
            kind: sum(any(what in crossing for what in mine if what[0] == kind) for mine in judged)
            if kind in known
            else None
            for kind in kinds
        },
    )
