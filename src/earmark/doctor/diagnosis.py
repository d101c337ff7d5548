"""Data sets, and maybe a split, in; everything that the doctor finds out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from earmark.datasets import Dataset, Kind, Track
from earmark.doctor.checks import CHECKS
from earmark.doctor.duplicates import find_pairs
from earmark.doctor.examination import examine_tracks
from earmark.doctor.findings import Check, Collection, Finding, Severity
from earmark.errors import BadDataset, BadSplit
from earmark.splits import read_split

LEFT_OUT = "faulty"
"""What GTZAN calls the tracks that its lists leave out: they stand on no side."""

_USUAL_ORDER = {"train": 0, "valid": 1, "test": 2}


@dataclass(frozen=True)
class Section:
    """What one check found, the worst first."""

    check: Check
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Diagnosis:
    """All that was found out.

    Attributes:
        datasets: name, place and number of tracks of each data set.
        split: where the sides come from, in words; None if there are none.
        collection: what was examined.
        sections: one per check.
    """

    datasets: tuple[tuple[str, str, int], ...]
    split: str | None
    collection: Collection
    sections: tuple[Section, ...]

    def counts(self) -> dict[Severity, int]:
        """Number of findings by severity."""
        found = Counter(f.severity for section in self.sections for f in section.findings)
        return {severity: found[severity] for severity in Severity}

    @property
    def leaks(self) -> bool:
        """Whether the split leaks."""
        return self.counts()[Severity.LEAK] > 0

    def summary(self) -> list[str]:
        """Data sets, tracks and sides, a line each; the counts add up."""
        tracks, sides = self.collection.tracks, self.collection.sides
        read = len(self.collection.readable())
        lines = [f"{name} in {folder}: {count} tracks" for name, folder, count in self.datasets]
        lines.append(f"{len(tracks)} tracks: {read} read, {len(tracks) - read} unreadable")
        if self.split is not None:
            on_sides = {name for names in sides.values() for name in names}
            listed = ", ".join(f"{side} {len(names)}" for side, names in sides.items())
            rest = len(tracks) - len(on_sides)
            lines.append(f"{self.split}: {listed}" + (f"; {rest} tracks on none" if rest else ""))
        else:
            lines.append("no split: leaks cannot be found; name one with --split")
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return {
            "summary": self.summary(),
            "counts": {str(severity): count for severity, count in self.counts().items()},
            "checks": {
                section.check.name: [asdict(finding) for finding in section.findings]
                for section in self.sections
            },
            "pairs": [asdict(pair) for pair in self.collection.pairs],
        }


def diagnose(
    datasets: Sequence[Dataset],
    *,
    split: Path | None = None,
    jobs: int = 1,
    progress: Callable[[int], Callable[[], None]] | None = None,
) -> Diagnosis:
    """Examine data sets as one collection, and a split of it.

    Args:
        datasets: what to examine; names that clash are prefixed with the data set's.
        split: a split file; None for the official sides, where there are two or more.
        jobs: number of worker processes.
        progress: is told the number of tracks and gives what is called after each.

    Raises:
        BadDataset: a folder does not hold its data set, or two are the same.
        BadSplit: the split cannot be read, or names tracks that are not there.
        EarmarkError: worker processes cannot be started.
    """
    listed = [(dataset, dataset.tracks()) for dataset in datasets]
    named = _named(listed)
    tracks = [track for track, _ in named]
    sides = _official_sides(tracks) if split is None else _sides(split, tracks)
    advance = progress(len(tracks)) if progress else lambda: None
    examinations = {}
    with closing(examine_tracks(named, jobs=jobs)) as examined:
        for track, examination in examined:
            examinations[track.id] = examination
            advance()
    collection = Collection(
        tracks=tracks,
        kinds={track.id: kind for track, kind in named},
        examinations=examinations,
        pairs=find_pairs(examinations),
        sides=sides,
    )
    order = list(Severity)
    return Diagnosis(
        datasets=tuple((d.name, str(d.folder), len(found)) for d, found in listed),
        split=None if not sides else "official sides" if split is None else str(split),
        collection=collection,
        sections=tuple(
            Section(
                check, tuple(sorted(check.find(collection), key=lambda f: order.index(f.severity)))
            )
            for check in CHECKS
        ),
    )


def _named(listed: Sequence[tuple[Dataset, Sequence[Track]]]) -> list[tuple[Track, Kind]]:
    """All tracks with their kind, each under a name of its own."""
    times = Counter(track.id for _, tracks in listed for track in tracks)
    named = []
    for (dataset, tracks), prefix in zip(listed, _prefixes([d for d, _ in listed]), strict=True):
        for track in tracks:
            name = track.id if times[track.id] == 1 else f"{prefix}:{track.id}"
            named.append((replace(track, id=name), dataset.kind))
    name, most = Counter(track.id for track, _ in named).most_common(1)[0]
    if most > 1:
        raise BadDataset(f"track {name!r} is there {most} times; name each data set once")
    return named


def _prefixes(datasets: Sequence[Dataset]) -> list[str]:
    """What tells data sets apart: their names, else those of their folders, else whole paths."""
    folders = [dataset.folder.resolve() for dataset in datasets]
    names = [dataset.name for dataset in datasets]
    for prefixes in (names, [folder.name for folder in folders]):
        if len(set(prefixes)) == len(prefixes):
            return prefixes
    return [str(folder) for folder in folders]


def _official_sides(tracks: Sequence[Track]) -> Mapping[str, Sequence[str]]:
    sides: dict[str, list[str]] = {}
    for track in tracks:
        if track.split and track.split != LEFT_OUT:
            sides.setdefault(track.split, []).append(track.id)
    if len(sides) < 2:
        return {}
    return dict(sorted(sides.items(), key=lambda side: _USUAL_ORDER.get(side[0], len(sides))))


def _sides(path: Path, tracks: Sequence[Track]) -> Mapping[str, Sequence[str]]:
    """Unlike `read_split` with tracks, a split that leaks is not refused but reported."""
    split = read_split(path)
    sides = {side: split.track_ids(side) for side in split.sides}
    known = {track.id for track in tracks}
    absent = sorted({name for names in sides.values() for name in names if name not in known})
    if absent:
        others = f" and {len(absent) - 1} others" if len(absent) > 1 else ""
        raise BadSplit(
            f"{path}: names {absent[0]!r}{others}, not among the tracks; "
            f"it was made for {split.dataset}"
        )
    return sides
