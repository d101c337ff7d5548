"""Files that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from earmark.doctor.findings import Check, Collection, Finding, Severity


def _find(collection: Collection) -> Iterator[Finding]:
    for track in collection.tracks:
        error = collection.examinations[track.id].error
        if error is not None:
            yield Finding(Severity.FAULT, (track.id,), f"{track.id}: {error}")


CHECK = Check("reading", "Unreadable files", "Every file is read from beginning to end.", _find)
