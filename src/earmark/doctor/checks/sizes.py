"""Tracks that are longer, shorter or sampled otherwise than nearly all of their data set."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence

from earmark.doctor.findings import Check, Collection, Finding, Severity

_MOST = 0.8  # share of tracks that makes a value usual
_FEWEST = 5  # tracks of which one can say so
_TOLERANCE_SECONDS = 0.5
_TOLERANCE = 0.03


def _find(collection: Collection) -> Iterator[Finding]:
    yield from _durations(collection)
    for attribute, unit, what in (
        ("rate", "Hz", "sampled at"),
        ("columns", "columns", "an image of"),
    ):
        found = [
            (track.id, value)
            for track, seen in collection.readable()
            if (value := getattr(seen, attribute)) is not None
        ]
        usual = _most_common([value for _, value in found])
        for name, value in found:
            if usual is not None and value != usual:
                text = f"{name}: {what} {value:,} {unit}; usual are {usual:,} {unit}"
                yield Finding(Severity.DOUBT, (name,), text)


def _durations(collection: Collection) -> Iterator[Finding]:
    found = [
        (track.id, seen.seconds)
        for track, seen in collection.readable()
        if seen.seconds is not None
    ]
    if len(found) < _FEWEST:
        return
    usual = statistics.median(seconds for _, seconds in found)
    tolerance = max(_TOLERANCE_SECONDS, _TOLERANCE * usual)
    odd = [(name, seconds) for name, seconds in found if abs(seconds - usual) > tolerance]
    if len(odd) > (1 - _MOST) * len(found):
        return  # a data set without a usual duration
    for name, seconds in odd:
        text = f"{name}: lasts {seconds:.1f} s; usual are {usual:.1f} s"
        yield Finding(Severity.DOUBT, (name,), text)


def _most_common(values: Sequence[int]) -> int | None:
    """The value of nearly all; None where there is none."""
    if len(values) < _FEWEST:
        return None
    value, count = Counter(values).most_common(1)[0]
    return value if count >= _MOST * len(values) else None


CHECK = Check(
    "sizes",
    "Unusual duration, rate or width",
    f"What differs from {_MOST:.0%} or more of the tracks; where they have no usual value, nothing "
    "is said.",
    _find,
)
