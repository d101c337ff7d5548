"""Files that hold less than they promise."""

from __future__ import annotations

from collections.abc import Iterator

from earmark.doctor.findings import Check, Collection, Finding, Severity

_MISSING_SECONDS = 0.5  # encoders' delays and headers' estimates stay below


def _find(collection: Collection) -> Iterator[Finding]:
    for track, seen in collection.readable():
        stated, seconds = seen.stated_seconds, seen.seconds
        if seconds is None:
            continue
        if stated is not None and stated - seconds > _MISSING_SECONDS:
            text = f"breaks off: {seconds:.1f} s of {stated:.1f} s are there"
        elif seen.cut_short:
            text = f"breaks off after {seconds:.1f} s: the file is shorter than it says"
        else:
            continue
        yield Finding(Severity.FAULT, (track.id,), f"{track.id}: {text}")


CHECK = Check(
    "truncation",
    "Truncated files",
    "What can be decoded is held to what the container promises.",
    _find,
)
