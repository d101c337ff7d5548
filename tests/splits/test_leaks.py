"""Leaks, held to a search through all pairs of tracks."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.datasets import Track
from earmark.splits import GROUPINGS, Leak, leaks
from earmark.splits.groups import key

some_name = st.none() | st.sampled_from("abcde")
some_rows = st.lists(
    st.tuples(some_name, some_name, some_name, st.sampled_from(["train", "valid", "test"])),
    max_size=12,
)


def track(name: str, artist: str | None = None, **more: str) -> Track:
    return Track(id=name, path=Path(name), artist=artist, **more)


@settings(deadline=None)
@given(some_rows, st.data())
def test_leaks_are_those_that_pairs_show(rows, data):
    tracks = [track(f"t{i}", row[0], album=row[1], recording=row[2]) for i, row in enumerate(rows)]
    at = {t.id: row[3] for t, row in zip(tracks, rows, strict=True)}
    pairs = list(combinations(at, 2))
    twins = data.draw(st.lists(st.sampled_from(pairs), max_size=3)) if pairs else []
    sides = {name: [i for i in at if at[i] == name] for name in ("train", "valid", "test")}

    def alike(one: Track, other: Track, kind: str) -> bool:
        if kind == "duplicate":
            return (one.id, other.id) in twins or (other.id, one.id) in twins
        return key(one, kind) == key(other, kind) is not None

    found = leaks(tracks, sides, twins)
    judged = [t for t in tracks if at[t.id] != "train"]
    assert found.judged == len(judged)
    assert set(found.counts) == {*GROUPINGS, *(["duplicate"] if twins else [])}
    for kind, count in found.counts.items():
        expected = [
            one.id
            for one in judged
            if any(alike(one, other, kind) and at[one.id] != at[other.id] for other in tracks)
        ]
        if count is None:
            assert all(key(t, kind) is None for t in tracks)
        else:
            assert count == len(expected)
        named = {
            i for leak in found.found if leak.kind == kind for s in leak.sides.values() for i in s
        }
        assert {i for i in named if at[i] != "train"} == set(expected)


def test_a_leak_says_what_stands_where():
    tracks = [track("a", "Ann"), track("b", "ANN"), track("c", "Bob"), track("d", "ann")]
    found = leaks(tracks, {"train": ["a", "c"], "test": ["b", "d"]}, [("c", "b")])
    assert found.found == (
        Leak("artist", "artist:ann", {"train": ("a",), "test": ("b", "d")}),
        Leak("duplicate", "duplicate:b = c", {"train": ("c",), "test": ("b",)}),
    )
    assert (found.judged, found.counts["artist"], found.counts["duplicate"]) == (2, 2, 1)


def test_what_the_data_set_does_not_know_is_not_counted_as_nothing():
    counts = leaks([track("a", "Ann"), track("b")], {"train": ["a"], "test": ["b"]}).counts
    assert counts == {"track": 0, "recording": None, "album": None, "artist": 0}


def test_every_fold_is_judged():
    tracks = [track("a", "Ann"), track("b", "Ann"), track("c")]
    found = leaks(tracks, {"fold-0": ["a"], "fold-1": ["b"], "fold-2": ["c"]})
    assert (found.judged, found.counts["artist"]) == (3, 2)


def test_slices_count_one_by_one():
    sides = {"train": ["a", "b"], "test": ["a", "a", "c"]}
    found = leaks([track("a"), track("b"), track("c")], sides)
    assert (found.judged, found.counts["track"]) == (3, 2)
    assert found.found == (Leak("track", "track:a", {"train": ("a",), "test": ("a",)}),)
