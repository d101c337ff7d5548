"""What stands on two sides of the split."""

from __future__ import annotations

from collections.abc import Iterator

from earmark.doctor.findings import Check, Collection, Finding, Severity
from earmark.splits import Leak, leaks


def _find(collection: Collection) -> Iterator[Finding]:
    if not collection.sides:
        yield Finding(Severity.NOTE, (), "not checked: there is no split")
        return
    split = {name for names in collection.sides.values() for name in names}
    pairs = {
        (pair.first, pair.second): pair
        for pair in collection.pairs
        if {pair.first, pair.second} <= split
    }
    said = {f"duplicate:{' = '.join(sorted(names))}": str(pair) for names, pair in pairs.items()}
    found = leaks(collection.tracks, collection.sides, pairs)
    for leak in found.found:
        names = tuple(sorted({name for names in leak.sides.values() for name in names}))
        yield Finding(Severity.LEAK, names, _in_words(leak, said))
    counts = [f"{kind} {count}" for kind, count in found.counts.items() if count is not None]
    text = f"{found.judged} items are judged; with their like on another side"
    yield Finding(Severity.NOTE, (), f"{text}: {', '.join(counts)}")


def _in_words(leak: Leak, said: dict[str, str]) -> str:
    """Such as: artist 'dio' stands on train (8 tracks) and valid (2 tracks)."""
    if leak.key in said:
        places = [f"{side} ({', '.join(names)})" for side, names in leak.sides.items()]
        return f"{said[leak.key]}; on {' and '.join(places)}"
    places = [
        f"{side} ({len(names)} track{'s' if len(names) > 1 else ''})"
        for side, names in leak.sides.items()
    ]
    name = leak.key.removeprefix(f"{leak.kind}:")
    return f"{leak.kind} {name!r} stands on {' and '.join(places)}"


CHECK = Check(
    "leaks",
    "Leaks of the split",
    "The same track, recording, album, artist or music on two sides makes results too high.",
    _find,
)
