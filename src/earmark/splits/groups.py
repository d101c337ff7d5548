"""What makes tracks alike: one artist, album or recording; tracks that share it form a group."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from earmark.datasets import Track

Grouping = Literal["track", "recording", "album", "artist"]

GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)
"""What two tracks may have in common, the narrowest first."""


def key(track: Track, kind: Grouping) -> str | None:
    """What a track shares with its likes, such as "artist:björk"; None where it is not known.

    Spellings that differ in case, in spaces or in how Unicode composes a letter are one key. Albums
    of one title are one, too, unless the data set writes more than the title: that keeps namesakes
    together at the cost of a little balance, and does not tear a compilation apart.
    """
    if kind == "track":
        return f"track:{track.id}"
    name = {"recording": track.recording, "album": track.album, "artist": track.artist}[kind]
    folded = " ".join(unicodedata.normalize("NFKC", name or "").casefold().split())
    return f"{kind}:{folded}" if folded else None


def group_tracks(tracks: Iterable[Track], by: Sequence[Grouping]) -> dict[str, list[Track]]:
    """Tracks that hang together: each shares a key of one of the kinds with another of its group.

    These are the connected components of "shares a key", found by union-find: if A and B share an
    artist, and B and C an album, all three are one group. A track without any key stands for
    itself.

    Returns:
        The tracks of each group by its name, which is the smallest key in it, so that it depends
        neither on the order of the tracks nor on how a name is spelt.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = name = parent[parent[name]]
        return name

    first: list[tuple[Track, str]] = []
    for track in tracks:
        keys = [found for kind in by if (found := key(track, kind))] or [f"track:{track.id}"]
        for name in keys:
            parent.setdefault(name, name)
            one, other = sorted((root(keys[0]), root(name)))
            parent[other] = one  # the smaller is the root, and so names the group
        first.append((track, keys[0]))
    groups: dict[str, list[Track]] = {}
    for track, name in first:
        groups.setdefault(root(name), []).append(track)
    return groups
