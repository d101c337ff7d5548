"""Tracks, or long stretches of them, without sound; images without anything in them."""

from __future__ import annotations

from collections.abc import Iterator

from earmark.doctor.findings import Check, Collection, Finding, Severity

_LONG_SECONDS = 3.0
_EMPTY_DB = 1.0


def _find(collection: Collection) -> Iterator[Finding]:
    for track, seen in collection.readable():
        start, longest = seen.silence
        if seen.span_db is not None and seen.span_db < _EMPTY_DB:
            severity, text = Severity.FAULT, "empty: all of the image is one level"
        elif seen.seconds is not None and longest and longest > seen.seconds - 0.2:
            severity, text = Severity.FAULT, "silent from beginning to end"
        elif longest >= _LONG_SECONDS:
            severity, text = Severity.DOUBT, f"silent for {longest:.1f} s from {start:.1f} s on"
        else:
            continue
        yield Finding(severity, (track.id,), f"{track.id}: {text}")


CHECK = Check(
    "silence",
    "Silence",
    f"Below −60 dB of full scale, throughout or for {_LONG_SECONDS:g} s and more.",
    _find,
)
