"""What is already known to be wrong with the tracks of a data set."""

from __future__ import annotations

from collections.abc import Iterator

from earmark.doctor.findings import Check, Collection, Finding, Severity


def _find(collection: Collection) -> Iterator[Finding]:
    for track in collection.tracks:
        if track.faults:
            yield Finding(Severity.NOTE, (track.id,), f"{track.id}: {'; '.join(track.faults)}")


CHECK = Check("faults", "Known faults", "What others have found and published.", _find)
