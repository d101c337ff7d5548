"""What the doctor looks at and what it says: shared by all checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from earmark.datasets import Kind, Track
from earmark.doctor.duplicates import Pair
from earmark.doctor.examination import Examination


class Severity(StrEnum):
    """How much a finding matters, the worst first."""

    LEAK = "leak"  # results on this split are too high
    FAULT = "fault"  # a file that is of no use as it is
    DOUBT = "doubt"  # for a human to look at
    NOTE = "note"  # to be known


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Attributes:
        severity: how much it matters.
        tracks: whom it is about; empty if all of them.
        text: what was found, in one line, with the tracks' names where that helps.
    """

    severity: Severity
    tracks: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Collection:
    """Data sets under examination, taken together as one.

    Attributes:
        tracks: all tracks; no name stands twice.
        kinds: what each track's file is.
        examinations: what reading each showed, by name.
        pairs: which tracks hold the same music, the surest first.
        sides: names of tracks by side of the split, once for every slice; empty without a split.
    """

    tracks: Sequence[Track]
    kinds: Mapping[str, Kind]
    examinations: Mapping[str, Examination]
    pairs: Sequence[Pair]
    sides: Mapping[str, Sequence[str]]

    def readable(self) -> list[tuple[Track, Examination]]:
        """The tracks that could be read."""
        found = [(track, self.examinations[track.id]) for track in self.tracks]
        return [(track, seen) for track, seen in found if seen.error is None]


@dataclass(frozen=True)
class Check:
    """A question that the doctor asks.

    Attributes:
        name: what a report's JSON calls it.
        title: its heading.
        about: what it looks for, in one sentence.
        find: gives what it finds in a collection.
    """

    name: str
    title: str
    about: str
    find: Callable[[Collection], Iterable[Finding]]
