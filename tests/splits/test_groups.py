"""What makes tracks alike, held to another implementation of connected components."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from earmark.datasets import Track
from earmark.splits.groups import GROUPINGS, group_tracks, key

some_name = st.none() | st.sampled_from("abcdefgh")
some_tracks = st.lists(st.tuples(some_name, some_name, some_name), max_size=12).map(
    lambda rows: [
        Track(id=f"t{i}", path=Path("t"), artist=artist, album=album, recording=recording)
        for i, (artist, album, recording) in enumerate(rows)
    ]
)
some_kinds = st.lists(st.sampled_from(GROUPINGS), unique=True)


def as_sets(groups: dict[str, list[Track]]) -> set[frozenset[str]]:
    return {frozenset(track.id for track in members) for members in groups.values()}


@settings(deadline=None)
@given(some_tracks, some_kinds)
def test_groups_are_the_connected_components(tracks, by):
    def shares(one: Track, other: Track) -> bool:
        return any(key(one, kind) == key(other, kind) is not None for kind in by)

    edges = np.array([[shares(one, other) for other in tracks] for one in tracks], dtype=bool)
    _, parts = connected_components(coo_array(edges.reshape(len(tracks), len(tracks))))
    expected = {
        frozenset(tracks[i].id for i in np.flatnonzero(parts == part)) for part in set(parts)
    }
    assert as_sets(group_tracks(tracks, by)) == expected


@settings(deadline=None)
@given(some_tracks, some_kinds, st.randoms(use_true_random=False))
def test_neither_order_nor_spelling_matters(tracks, by, chance):
    respelt = [
        dataclasses.replace(
            track,
            artist=track.artist and chance.choice(["{}", " {}", "{}\t"]).format(track.artist),
            album=track.album and chance.choice([track.album, track.album.upper()]),
        )
        for track in chance.sample(tracks, len(tracks))
    ]
    one, other = group_tracks(tracks, by), group_tracks(respelt, by)
    assert set(one) == set(other)
    assert as_sets(one) == as_sets(other)


def test_a_chain_through_artist_and_album_is_one_group():
    tracks = [
        Track(id="a", path=Path("a"), artist="Ann"),
        Track(id="b", path=Path("b"), artist="ann", album="Duets"),
        Track(id="c", path=Path("c"), artist="Bob", album="duets"),
        Track(id="d", path=Path("d")),
    ]
    assert list(group_tracks(tracks, ["artist", "album"])) == ["album:duets", "track:d"]
    assert list(group_tracks(tracks, ["artist"])) == ["artist:ann", "artist:bob", "track:d"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Björk", "BJO\u0308RK"),
        ("Straße", "STRASSE"),
        (" The  Who ", "the who"),
        ("AC／DC", "ac/dc"),
    ],
)
def test_spellings_of_one_artist(one, other):
    keys = {key(Track(id="a", path=Path("a"), artist=name), "artist") for name in (one, other)}
    assert len(keys) == 1


@pytest.mark.parametrize("nobody", [None, "", "  ", "\u00a0"])
def test_no_name_is_no_key(nobody):
    tracks = [Track(id=name, path=Path(name), artist=nobody) for name in "ab"]
    assert key(tracks[0], "artist") is None
    assert len(group_tracks(tracks, ["artist"])) == 2


def test_a_long_chain_takes_no_long_time():
    """Union-find that builds long paths would take minutes for this, or exceed the stack."""
    chance = random.Random(0)
    tracks = [
        Track(id=f"{i}", path=Path("t"), artist=f"{i:06}", album=f"{i + 1:06}")
        for i in range(50_000)
    ]
    linked = [dataclasses.replace(t, recording=t.artist, album=None) for t in tracks]
    chain = [
        Track(id=f"x{i}", path=Path("t"), recording=f"{i:06}", artist=f"{i + 1:06}")
        for i in range(50_000)
    ]
    everything = [*linked, *chain]
    chance.shuffle(everything)
    assert len(group_tracks(everything, ["artist", "recording"])) == 1
