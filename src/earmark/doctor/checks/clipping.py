"""Tracks whose wave is cut off at full scale."""

from __future__ import annotations

from collections.abc import Iterator

from earmark.doctor.findings import Check, Collection, Finding, Severity

_SHARE = 0.001


def _find(collection: Collection) -> Iterator[Finding]:
    clipped = [(seen.clipped, track.id) for track, seen in collection.readable()]
    for share, name in sorted(clipped, reverse=True):
        if share >= _SHARE:
            yield Finding(Severity.DOUBT, (name,), f"{name}: {share:.1%} of samples are clipped")


CHECK = Check(
    "clipping",
    "Clipping",
    f"At least {_SHARE:.1%} of the samples lie at full scale, three or more in a row.",
    _find,
)
