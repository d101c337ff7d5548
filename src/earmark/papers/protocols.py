"""Three ways to divide tracks: as a paper did, without the leak, and the control of the latter.

Naive: at random by track or slice, as the paper says, over all tracks that are at hand; what has
its like in training is counted.

Leak-free: folds over the tracks that are on no official test side and that no fault filter leaves
out, such that no artist (album, recording, where the data set knows them) stands in two. Each fold
is judged once, by a model that has learnt from the others, and whose epoch was chosen on a part of
those, again divided by artist. Folds are balanced by the data set's first output and do not depend
on the system, so that all systems on a data set are judged on the same folds, parts of a stack
included.

Control: the leak-free way with the tracks of each label shuffled, so that artists cross. Every side
of every fold has as many tracks of each label as there, is learnt from and judged in the same way,
and only the leak is back: what the control has more than the leak-free way is due to it, and what
the naive way has more than the control to the larger train side and to the choice of the epoch.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from earmark.datasets import Dataset, Track
from earmark.errors import BadDataset
from earmark.papers.base import System, Way
from earmark.splits import Split, divide, leaks, make_split, naive_split
from earmark.splits.groups import group_tracks
from earmark.training.data import INNER

JOINS = {"gtzan-mel": "gtzan-mel-faulty"}
"""What joins a data set under the naive protocol only, by the name that `--data` calls it."""

FOLDS, QUICK_FOLDS = 5, 2
_QUICK_JUDGED = 0.5  # of few tracks, so that each pair of labels has some on either side
_QUICK_INNER = {"train": 0.6, "valid": 0.4}  # of few tracks, so that neither side is empty

_NEVER = ("test", "faulty")  # official sides that stay out of the folds
_QUICK_TRACKS = 8  # of each label

Place = tuple[Track, tuple[int, ...] | None]
"""A track on a side, with the numbers of its slices there; None for all of it."""


@dataclass(frozen=True)
class Division:
    """The sides of one training.

    Attributes:
        train: what is learnt from.
        valid: what is watched while training.
        judged: what is judged at the end; None where that is the valid side, as in the papers.
    """

    train: tuple[Place, ...]
    valid: tuple[Place, ...]
    judged: tuple[Place, ...] | None

    @property
    def answered(self) -> tuple[Place, ...]:
        """What the answers are about."""
        return self.valid if self.judged is None else self.judged


@dataclass(frozen=True)
class Plan:
    """All trainings of a system in one way with one seed.

    Attributes:
        split: of the whole data set, which no system changes.
        divisions: one, or one per fold, of the tracks that the system takes.
        judged: how many tracks (or slices, where they cross) are judged in all.
        leaks: by kind, how many of them have their like in training; None where the data set does
            not know.
    """

    split: Split
    divisions: tuple[Division, ...]
    judged: int
    leaks: Mapping[str, int | None]


def plan(
    system: System,
    way: Way,
    datasets: Sequence[Dataset],
    *,
    seed: int = 0,
    quick: bool = False,
) -> Plan:
    """Divide a data set for a system.

    Args:
        system: says which tracks it takes and how its paper split.
        way: the paper's, leak-free, or its control.
        datasets: the data set, and what joins it under the naive protocol (GTZAN's faulty tracks).
        seed: of the split.
        quick: two folds, for the few tracks of a quick run.

    Raises:
        BadDataset: no track is left, or the data set does not know its artists.
        BadSplit: there are too few artists for the folds.
    """
    main = datasets[0]
    output = _first_output(main)
    tracks = [
        track
        for dataset in datasets
        for track in dataset.tracks()
        if output is None or output in track.labels
    ]
    if way != "naive":
        tracks = [track for track in tracks if track.split not in _NEVER]
    taken = {track.id: track for track in tracks if takes(system, track)}
    if not taken:
        raise BadDataset(f"{main.folder}: holds no track that {system.key} takes")
    if way == "naive":
        if quick and not system.naive.valid:
            system = replace(system, naive=replace(system.naive, judged=_QUICK_JUDGED))
        return _naive(system, main.name, tracks, taken, seed)
    if "artist" not in main.groups:
        raise BadDataset(f"{main.name} knows no artists: it has no leak-free split")
    places = {track.id: track for track in tracks}
    if way == "control":
        places = _shuffled(tracks, output, seed)
    return _folds(main, tracks, places, taken, seed, quick)


def takes(system: System, track: Track) -> bool:
    """Whether a track has what a system learns, and a label that it is confined to."""
    for output in system.outputs:
        if output not in track.labels and output not in track.values and output != "tags":
            return False
    return all(track.labels.get(output) in labels for output, labels in system.only.items())


def few(tracks: Sequence[Track], output: str | None) -> list[Track]:
    """A few tracks of each label, of as many artists as there are; the same ones every time."""
    chosen: set[str] = set()
    for members in _by_label(tracks, output):
        turns = [
            (turn, _draw(track.id), track.id)
            for group in group_tracks(members, ("artist",)).values()
            for turn, track in enumerate(sorted(group, key=lambda track: _draw(track.id)))
        ]
        chosen |= {name for _, _, name in sorted(turns)[:_QUICK_TRACKS]}
    return [track for track in tracks if track.id in chosen]


def _naive(
    system: System,
    name: str,
    tracks: Sequence[Track],
    taken: Mapping[str, Track],
    seed: int,
) -> Plan:
    naive = system.naive
    split = naive_split(name, tracks, naive.shares, seed=seed, slices=naive.slices)
    sides = {side: _places(split, side, taken) for side in split.sides}
    for side, places in sides.items():
        if not places:
            raise BadDataset(f"{name}: no track that {system.key} takes is on its {side} side")
    if "valid" in sides:
        division = Division(sides["train"], sides["valid"], sides["test"])
    else:
        division = Division(sides["train"], sides["test"], None)
    return _counted(Plan(split, (division,), 0, {}), tracks)


def _folds(
    dataset: Dataset,
    tracks: Sequence[Track],
    places: Mapping[str, Track],
    taken: Mapping[str, Track],
    seed: int,
    quick: bool,
) -> Plan:
    """The plan by folds.

    Args:
        dataset: says what must not cross, and what is balanced.
        tracks: all that are divided.
        places: who stands where each of them would stand without the leak.
        taken: those that the system takes.
        seed: of the split.
        quick: two folds.
    """
    folds, shares = (QUICK_FOLDS, _QUICK_INNER) if quick else (FOLDS, INNER)
    by, output = dataset.groups, _first_output(dataset)
    split = make_split(dataset.name, tracks, folds, by=by, output=output, seed=seed)
    divisions = []
    for fold in range(folds):
        others = set(split.fold(fold)[0])
        rest = [track for track in tracks if track.id in others]
        # Divided before the system's tracks are picked, as the folds are.
        inner = divide(rest, shares, by=by, output=output, seed=seed)
        sides = [
            [track.id for track in inner["train"]],
            [track.id for track in inner["valid"]],
            split.sides[f"fold-{fold}"],
        ]
        train, valid, judged = (
            tuple((places[name], None) for name in side if places[name].id in taken)
            for side in sides
        )
        if not train or not valid or not judged:
            raise BadDataset(
                f"{dataset.name}: too few artists: a side of fold {fold} holds no track"
            )
        divisions.append(Division(train, valid, judged))
    return _counted(Plan(_moved(split, places, tracks), tuple(divisions), 0, {}), tracks)


def _shuffled(tracks: Sequence[Track], output: str | None, seed: int) -> dict[str, Track]:
    """Who takes the place of each track in the control: another of its label."""
    places: dict[str, Track] = {}
    for members in _by_label(tracks, output):
        names = sorted(track.id for track in members)
        drawn = sorted(members, key=lambda track: _draw(f"{seed}:{track.id}"))
        places |= zip(names, drawn, strict=True)
    return places


def _moved(split: Split, places: Mapping[str, Track], tracks: Sequence[Track]) -> Split:
    """The split with everyone in the place of another; the same if all stay where they are."""
    sides = {
        side: tuple(sorted(places[name].id for name in names))
        for side, names in split.sides.items()
    }
    if sides == split.sides:
        return split
    return replace(split, sides=sides, by=(), leaks=leaks(tracks, sides).counts)


def _by_label(tracks: Iterable[Track], output: str | None) -> list[list[Track]]:
    found: dict[str | None, list[Track]] = defaultdict(list)
    for track in tracks:
        found[track.labels.get(output) if output else None].append(track)
    return list(found.values())


def _first_output(dataset: Dataset) -> str | None:
    """The output whose labels are balanced."""
    return dataset.outputs[0] if dataset.outputs else None


def _places(split: Split, side: str, taken: Mapping[str, Track]) -> tuple[Place, ...]:
    if split.slices == 1:
        return tuple((taken[name], None) for name in split.sides[side] if name in taken)
    numbers: dict[str, list[int]] = defaultdict(list)
    for name, number in split.items(side):
        if name in taken:
            numbers[name].append(number)
    return tuple((taken[name], tuple(sorted(found))) for name, found in numbers.items())


def _counted(plan: Plan, tracks: Iterable[Track]) -> Plan:
    """The plan with its leaks: what is judged and has its like in what chose or was learnt from."""
    tracks = list(tracks)
    total = 0
    counts: dict[str, int | None] = {}
    for division in plan.divisions:
        learnt = division.train + (division.valid if division.judged is not None else ())
        found = leaks(tracks, {"train": _names(learnt), "test": _names(division.answered)})
        total += found.judged
        for kind, count in found.counts.items():
            before = counts.get(kind, 0)
            counts[kind] = None if count is None or before is None else before + count
    return replace(plan, judged=total, leaks=counts)


def _names(places: Iterable[Place]) -> list[str]:
    return [track.id for track, numbers in places for _ in numbers or (0,)]


def _draw(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()
