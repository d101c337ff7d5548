"""How many tracks each label has, and whether an artist stands for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from earmark.doctor.findings import Check, Collection, Finding, Severity

_FEWEST = 4  # tracks of a label of which one can say that an artist has most
_MOST = 0.5
_UNEVEN = 10


def _find(collection: Collection) -> Iterator[Finding]:
    outputs = sorted({output for track in collection.tracks for output in track.labels})
    for output in outputs:
        counts = Counter(
            track.labels[output] for track in collection.tracks if output in track.labels
        )
        listed = ", ".join(f"{label} {count}" for label, count in counts.most_common())
        without = len(collection.tracks) - counts.total()
        lacking = f", none {without}" if without else ""
        yield Finding(Severity.NOTE, (), f"{output}: {listed}{lacking}")
        (most, many), (least, few) = counts.most_common()[0], counts.most_common()[-1]
        if many >= _UNEVEN * few:
            text = f"{output}: {most} has {many} tracks, {least} has {few}: accuracy will not show"
            yield Finding(Severity.DOUBT, (), f"{text} whether {least} is ever recognized")
        yield from _concentration(collection, output, counts)


def _concentration(collection: Collection, output: str, counts: Counter[str]) -> Iterator[Finding]:
    for label, count in counts.items():
        mine = [track for track in collection.tracks if track.labels.get(output) == label]
        artists = Counter(track.artist for track in mine if track.artist)
        if count < _FEWEST or not artists:
            continue
        artist, tracks = artists.most_common(1)[0]
        if tracks >= _MOST * count:
            names = tuple(track.id for track in mine if track.artist == artist)
            text = f"{output} {label}: {tracks} of {count} tracks are by {artist}"
            yield Finding(Severity.DOUBT, names, text)


CHECK = Check(
    "balance",
    "Labels",
    "Tracks by label; labels that are far rarer than others, and labels of which one artist has "
    "half or more.",
    _find,
)
