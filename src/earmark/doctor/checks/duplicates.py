"""Tracks that hold the same music."""

from __future__ import annotations

from collections.abc import Iterator

from earmark.datasets import Track
from earmark.doctor.duplicates import Likeness
from earmark.doctor.findings import Check, Collection, Finding, Severity


def _find(collection: Collection) -> Iterator[Finding]:
    tracks = {track.id: track for track in collection.tracks}
    for pair in collection.pairs:
        severity = Severity.DOUBT if pair.likeness is Likeness.NEAR else Severity.FAULT
        disagreement = _disagreement(tracks[pair.first], tracks[pair.second])
        yield Finding(severity, (pair.first, pair.second), f"{pair}{disagreement}")


def _disagreement(one: Track, other: Track) -> str:
    """In which labels two tracks differ, which one recording should not."""
    different = [
        f"{output} {label} and {other.labels[output]}"
        for output, label in one.labels.items()
        if other.labels.get(output, label) != label
    ]
    return f"; labelled {', '.join(different)}" if different else ""


CHECK = Check(
    "duplicates",
    "Duplicates",
    "Identical content; the same recording in another encoding; and near duplicates, which share "
    "a part or nearly agree, for a human to judge.",
    _find,
)
