"""Sides that need no split file: those of the data set itself, and plain lists of names."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from earmark.datasets import Track
from earmark.errors import BadSplit
from earmark.splits.groups import key


def split_checksum(tracks: Iterable[Track]) -> str:
    """SHA-256 over the sorted track names of one side: the same side gives the same checksum."""
    return names_checksum(track.id for track in tracks)


def names_checksum(names: Iterable[str]) -> str:
    r"""The same for bare names; half characters of odd file names count as written, \udcff."""
    text = "\n".join(sorted(names))
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def side(tracks: Sequence[Track], name: str) -> list[Track]:
    """The tracks on one official side.

    Raises:
        BadSplit: the data set has no such side.
    """
    chosen = [track for track in tracks if track.split == name]
    if not chosen:
        known = sorted({track.split for track in tracks if track.split})
        hint = f"it has {', '.join(known)}" if known else "it has none; name a file of track names"
        raise BadSplit(f"no split named {name!r} in this data set: {hint}")
    return chosen


def listed(tracks: Sequence[Track], path: Path) -> list[Track]:
    """The tracks named in a file, one name per line, with or without suffix, in the file's order.

    Raises:
        BadSplit: the file cannot be read, is empty, names a track that is not there, names one
            twice, or gives a file name that several tracks share.
    """
    try:
        names = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise BadSplit(f"{path}: cannot be read: {reason}") from error
    names = [name for name in names if name and not name.startswith("#")]
    by_name = {track.id: track for track in tracks}
    shared = Counter(track.path.name for track in tracks)
    by_name |= {t.path.name: t for t in tracks if shared[t.path.name] == 1}
    absent = [name for name in names if name not in by_name]
    if absent and absent[0] in shared:
        raise BadSplit(f"{path}: {absent[0]!r} is several tracks; write its folder too")
    if absent:
        others = f" and {len(absent) - 1} others" if len(absent) > 1 else ""
        raise BadSplit(f"{path}: names {absent[0]!r}{others}, not among the tracks")
    if not names:
        raise BadSplit(f"{path}: names no track")
    chosen = [by_name[name] for name in names]
    most = Counter(track.id for track in chosen).most_common(1)[0]
    if most[1] > 1:
        raise BadSplit(f"{path}: names {most[0]!r} {most[1]} times")
    return chosen


def check_disjoint(sides: dict[str, Sequence[Track]]) -> None:
    """Make sure that no track and no artist stands on two sides.

    Raises:
        BadSplit: one does; the message names it and the sides.
    """
    seen: dict[str, str] = {}
    for name, tracks in sides.items():
        keys = {key(track, kind) for track in tracks for kind in ("track", "artist")}
        for found in sorted(filter(None, keys)):
            if seen.setdefault(found, name) != name:
                raise BadSplit(f"{found} stands on two sides: {seen[found]} and {name}")
