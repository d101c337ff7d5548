"""Splits that are made: whole, free of leaks, in proportion, and the same everywhere."""

from __future__ import annotations

import csv
import random
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from earmark.datasets import Track, open_dataset
from earmark.errors import BadSplit
from earmark.splits import Split, divide, leaks, make_split, naive_split, official_split
from earmark.splits.groups import GROUPINGS, group_tracks, key

THREE = {"train": 0.7, "valid": 0.15, "test": 0.15}


def collection(seed: int, n_tracks: int, *, n_classes: int = 4, mixed: float = 0.0) -> list[Track]:
    """Tracks of artists with few and with many, as collections have them.

    Args:
        seed: of the draw.
        n_tracks: how many.
        n_classes: genres.
        mixed: the chance that a track has another genre than its artist.
    """
    chance = random.Random(seed)
    tracks: list[Track] = []
    while len(tracks) < n_tracks:
        artist, home = f"Artist {len(tracks)}", chance.randrange(n_classes)
        for _ in range(min(n_tracks - len(tracks), 30, int(chance.paretovariate(1.1)))):
            genre = chance.randrange(n_classes) if chance.random() < mixed else home
            name = f"track-{len(tracks):04}"
            album = f"{artist} {chance.randrange(2)}"
            labels = {"genre": f"genre-{genre}"}
            tracks.append(Track(name, Path(name), labels, artist=artist, album=album))
    return tracks


some_collection = st.builds(
    collection,
    st.integers(0, 10**6),
    st.integers(30, 150),
    n_classes=st.integers(1, 6),
    mixed=st.sampled_from([0.0, 0.2, 1.0]),
)
some_shares = st.sampled_from(
    [THREE, {"a": 0.5, "b": 0.5}, {"a": 0.9, "b": 0.1}, {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, 3, 5]
)
some_kinds = st.sampled_from(
    [kinds for n in (1, 2, 3) for kinds in combinations(("track", "album", "artist"), n)]
)


def shares_of(into: Mapping[str, float] | int) -> dict[str, Fraction]:
    if isinstance(into, int):
        return {f"fold-{i}": Fraction(1, into) for i in range(into)}
    return {name: Fraction(share).limit_denominator(1000) for name, share in into.items()}


def sizes(tracks: Sequence[Track]) -> Counter[str]:
    return Counter(track.labels["genre"] for track in tracks)


def made(tracks: list[Track], into: Mapping[str, float] | int, **settings) -> Split:
    """A split of a draw; draws with too few groups for it are passed over."""
    try:
        return make_split("toy", tracks, into, **settings)
    except BadSplit as error:
        assert "would be empty" in str(error)
        assume(False)


@settings(deadline=None)
@given(some_collection, some_shares, some_kinds, st.integers())
def test_every_track_stands_once_and_no_group_on_two_sides(tracks, into, by, seed):
    split = made(tracks, into, by=by, seed=seed)
    assert sorted(i for items in split.sides.values() for i in items) == [t.id for t in tracks]
    where = {i: name for name, items in split.sides.items() for i in items}
    for kind in by:
        for one, other in combinations(tracks, 2):
            if key(one, kind) == key(other, kind):
                assert where[one.id] == where[other.id]
    assert split.check(tracks) == []
    assert all(split.leaks[kind] == 0 for kind in by)


@settings(deadline=None)
@given(some_collection, some_shares, some_kinds, st.integers(0, 9))
def test_proportions_are_kept_as_far_as_is_proved(tracks, into, by, seed):
    """Both bounds that the head of making.py proves, in fractions, for any draw."""
    split = made(tracks, into, by=by, seed=seed)
    shares, totals = shares_of(into), sizes(tracks)
    groups = [sizes(members) for members in group_tracks(tracks, by).values()]
    beyond = {
        (name, label): sizes(split.tracks(name, tracks))[label] - shares[name] * totals[label]
        for name in shares
        for label in totals
    }
    cost = sum(Fraction(d * d, totals[label]) for (_, label), d in beyond.items())
    side_of = {i: name for name, items in split.sides.items() for i in items}
    allowed = sum(
        (1 - shares[side_of[members[0].id]])
        * sum(Fraction(n * n, totals[label]) for label, n in sizes(members).items())
        for members in group_tracks(tracks, by).values()
    )
    assert cost <= allowed * (1 + Fraction(1, 10**6))  # weights of classes are rounded to 2⁻³²
    if all(len(group) == 1 for group in groups):
        for (_, label), d in beyond.items():
            largest = max(group[label] for group in groups)
            assert abs(d) <= Fraction(len(shares) - 1, len(shares)) * largest


@settings(deadline=None)
@given(some_collection, st.integers(0, 9))
def test_single_tracks_are_off_by_less_than_one(tracks, seed):
    split = make_split("toy", tracks, THREE, by=["track"], seed=seed)
    for name, share in THREE.items():
        found = sizes(split.tracks(name, tracks))
        for label, total in sizes(tracks).items():
            assert abs(found[label] - share * total) < 1


def phi(sides: Sequence[Sequence[Track]], tracks: Sequence[Track]) -> float:
    """Σ d² / N over folds and classes."""
    totals = sizes(tracks)
    counts = np.array([[sizes(side)[label] for label in totals] for side in sides])
    wanted = np.array([*totals.values()])
    return float(((counts - wanted / len(sides)) ** 2 / wanted).sum())


def sklearn_folds(tracks: list[Track], folds: int, seed: int) -> list[list[Track]]:
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    labels, artists = [t.labels["genre"] for t in tracks], [t.artist or t.id for t in tracks]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes with fewer tracks than folds
        return [[tracks[i] for i in held] for _, held in splitter.split(labels, labels, artists)]


def test_folds_are_as_even_as_those_of_scikit_learn():
    """Over 90 draws: more even in sum, and less even on few of them and by little.

    Another greedy search may find a better end on a draw, where artists mix genres.
    """
    ours, theirs = [], []
    for draw in range(90):
        folds = (3, 5, 10)[draw % 3]
        tracks = collection(draw, 300, n_classes=2 + draw % 9, mixed=draw % 4 * 0.15)
        sides = divide(tracks, dict.fromkeys(map(str, range(folds)), 1 / folds), seed=draw)
        ours.append(phi([*sides.values()], tracks))
        theirs.append(phi(sklearn_folds(tracks, folds, draw), tracks))
    more = np.array(ours) - theirs
    assert sum(ours) < sum(theirs)
    assert np.mean(more > 1e-9) < 0.12
    assert max(more) < 0.6
    assert min(more) < -1.2


GOLDEN = {
    "sides": "9526b9bb5d1449e18d102b909e3fd44c7f37994e6a482dabd6489cdad9eee367",
    "folds": "73005b3f3ba0d1343915cfe7b7b5819654031651ebf9d5325e47544ef5f7477d",
    "several": "359158b1ea5ed06b48506b9db0354477416fbec01e9e648b8d2906468f7abdb9",
    "tracks": "48c8de6728ac8f7caf9cf862de71975132f3f2f4064ee958df7dc0aaf7ee7474",
    "naive": "45875a658431ebfa2e022dce501c02d0737a810e10bbbbb5fa2b51342c208c15",
    "slices": "31856c402d10834a6e89148bd457f11bf843838c24409cff0a4a039f82406044",
    "official": "af8c92e29e2dbf636f003e4bce87d0a67099ee4dee094941ae3564122ce61dc8",
}


def golden(name: str) -> Split:
    tracks = [  # by no generator of random numbers, which may change
        Track(
            id=f"{i:03} {'äЖ日'[i % 3]}",
            path=Path("t"),
            labels={"genre": "abc"[i * i % 7 % 3]},
            artist=f"artist {i * i % 61}",
            album=f"album {i * i % 61 // 2}" if i % 4 else None,
        )
        for i in range(120)
    ]
    match name:
        case "sides":
            return make_split("toy", tracks, THREE)
        case "folds":
            return make_split("toy", tracks, 7, seed=-5)
        case "several":
            return make_split("toy", tracks, THREE, by=["artist", "album"], output=None, seed=3)
        case "tracks":
            return make_split("toy", tracks, {"a": 1 / 3, "b": 2 / 3}, by=["track"])
        case "naive":
            return naive_split("toy", tracks, THREE)
        case "slices":
            return naive_split("toy", tracks, 5, seed=2**70, slices=10)
        case _:
            sides = ["faulty", "valid", None, "test", "train"]
            return official_split(
                "toy", [replace(t, split=sides[i % 5]) for i, t in enumerate(tracks)]
            )


@pytest.mark.parametrize("name", GOLDEN)
def test_every_machine_makes_the_same_file(name):
    """If this fails, splits that people have shared can no longer be made again."""
    assert golden(name).to_dict()["sha256"] == GOLDEN[name]


@settings(deadline=None)
@given(some_collection, st.randoms(use_true_random=False))
def test_neither_order_nor_spelling_matters(tracks, chance):
    respelt = [
        replace(t, artist=chance.choice([t.artist, t.artist.upper(), f" {t.artist} "]))
        for t in chance.sample(tracks, len(tracks))
    ]
    assert made(tracks, THREE) == made(respelt, THREE)


@pytest.mark.parametrize("by", ["track", "artist"])
def test_another_seed_is_another_split(by):
    tracks = collection(0, 200)
    first = [make_split("toy", tracks, 5, by=[by], seed=seed) for seed in range(10)]
    assert len({split.sides["fold-0"] for split in first}) == 10
    assert make_split("toy", tracks, 5, by=[by], seed=3) == first[3]


def test_groups_stand_on_every_side_in_turn():
    """No side is favoured: over many seeds a track is in each of four folds equally often."""
    tracks = collection(2, 60)
    seen = Counter(
        next(
            n
            for n, items in make_split("toy", tracks, 4, seed=s).sides.items()
            if "track-0007" in items
        )
        for s in range(200)
    )
    assert all(25 <= seen[f"fold-{i}"] <= 80 for i in range(4)), seen  # 50 ± 4.9 deviations


def test_tracks_without_a_label_are_spread_as_a_class_of_their_own():
    tracks = [replace(t, labels={}) if i % 3 else t for i, t in enumerate(collection(0, 200))]
    split = make_split("toy", tracks, THREE, by=["track"])
    for name, share in THREE.items():
        bare = sum(not t.labels for t in split.tracks(name, tracks))
        assert abs(bare - share * sum(not t.labels for t in tracks)) < 1


def test_the_inside_of_a_fold_is_divided_again():
    tracks = collection(5, 300)
    outer = make_split("toy", tracks, 5)
    for number in range(5):
        learnt, judged = outer.fold(number)
        inside = divide([t for t in tracks if t.id in learnt], {"train": 0.85, "valid": 0.15})
        sides = {name: [t.id for t in found] for name, found in inside.items()}
        assert sorted(sides["train"] + sides["valid"]) == learnt
        assert leaks(tracks, {**sides, "test": judged}).counts["artist"] == 0


def test_slices_cross_and_are_counted():
    tracks = collection(3, 100)
    split = naive_split("toy", tracks, {"train": 0.8, "test": 0.2}, slices=10)
    assert {name: len(items) for name, items in split.sides.items()} == {"train": 800, "test": 200}
    where = {i: name for name, items in split.sides.items() for i in items}
    crossing = sum(
        any(where[f"{i.rpartition('#')[0]}#{k}"] == "train" for k in range(10))
        for i in split.sides["test"]
    )
    assert split.leaks["track"] == crossing >= 190
    assert split.leaks["recording"] is None


def test_naive_is_random():
    """The number of a class on a side varies as drawing without putting back has it."""
    tracks = collection(4, 200, n_classes=2)
    counts = [
        sizes(naive_split("toy", tracks, {"a": 0.5, "b": 0.5}, seed=s).tracks("a", tracks))[
            "genre-0"
        ]
        for s in range(300)
    ]
    total = sizes(tracks)["genre-0"]
    deviation = (total * (200 - total) / (4 * 199)) ** 0.5  # of the hypergeometric distribution
    assert abs(np.mean(counts) - total / 2) < 4 * deviation / 300**0.5
    assert 0.85 < np.std(counts) / deviation < 1.15


def test_official_sides_are_those_of_the_data_set():
    sides = ["faulty", "valid", None, "test", "train"]
    tracks = [replace(t, split=sides[i % 5]) for i, t in enumerate(collection(0, 50))]
    split = official_split("toy", tracks)
    assert list(split.sides) == ["train", "valid", "test", "faulty"]
    assert [t.split for t in split.tracks("valid", tracks)] == ["valid"] * 10
    assert split.leaks["artist"] > 0
    assert split.check(tracks) == ["leaves out 'track-0002' and 9 more of the data set's tracks"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"into": {"a": 0.5, "b": 0.6}}, "the shares add up to 1.1, not to 1"),
        ({"into": {"a": 0.5, "b": 0.4}}, "the shares add up to 0.9, not to 1"),
        ({"into": {"a": 1.5, "b": -0.5}}, "the share of 'a' is 1.5; it must lie between"),
        ({"into": {"a": float("nan"), "b": 0.5}}, "the share of 'a' is nan"),
        ({"into": {"a": 1 - 1e-8, "b": 1e-8}}, "a share is below one in 1000000"),
        ({"into": {"a": 1.0}}, "two sides at least"),
        ({"into": {}}, "two sides at least"),
        ({"into": {"a b": 0.5, "b": 0.5}}, "'a b' cannot name a side"),
        ({"into": 1}, "1 folds: two are needed"),
        ({"into": 41}, "would be empty: there are .* for 41 sides; ask for fewer"),
        ({"by": ["recording"]}, "the recording is not known of any track"),
        ({"by": ["label"]}, "cannot group by 'label'; known: track, recording, album, artist"),
        ({"output": "mood"}, "no track has a label for 'mood'; known: genre"),
    ],
)
def test_what_cannot_be_is_refused(changes, words):
    with pytest.raises(BadSplit, match=words):
        make_split("toy", collection(0, 40), **{"into": THREE, **changes})


def test_no_track_cannot_be_split():
    for make in (make_split, naive_split):
        with pytest.raises(BadSplit):
            make("toy", [], THREE)
    with pytest.raises(BadSplit, match="has no sides of its own"):
        official_split("toy", collection(0, 9))
    with pytest.raises(BadSplit, match="all tracks at hand stand on the official side 'test'"):
        official_split("toy", [replace(t, split="test") for t in collection(0, 9)])


def real_tracks(data: Path, name: str) -> list[Track]:
    if name != "emotify":
        output = "quadrant" if name == "quadrants-mel" else "genre"
        found = open_dataset(name, data / name).tracks()
        return [replace(t, labels={"genre": t.labels[output]}) for t in found]
    with (data / "emotify" / "labels.csv").open(encoding="utf-8", newline="") as file:
        return [
            Track(row["path"], Path(row["path"]), {"genre": row["genre"]}, artist=row["artist"])
            for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize("name", ["gtzan-mel", "quadrants-mel", "emotify"])
@pytest.mark.parametrize("into", [THREE, 5, 10], ids=["sides", "5", "10"])
def test_real_data_sets(data, name, into):
    tracks = real_tracks(data, name)
    worst = []
    for seed in range(5):
        split = make_split(name, tracks, into, seed=seed)
        assert split.check(tracks) == []
        assert split.leaks["artist"] == 0
        if isinstance(into, int):
            ours = [split.tracks(side, tracks) for side in split.sides]
            theirs = sklearn_folds(tracks, into, seed)
            worst.append(phi(ours, tracks) / max(phi(theirs, tracks), 1e-9))
    assert not worst or np.mean(worst) <= 1.005


def test_random_tracks_of_gtzan_leak(data):
    """What the issue is about: three of four judged tracks have their artist in training."""
    tracks = real_tracks(data, "gtzan-mel")
    split = naive_split("gtzan-mel", tracks, {"train": 0.8, "test": 0.2})
    assert split.leaks["artist"] / len(split.sides["test"]) > 0.65
    assert set(split.leaks) == set(GROUPINGS)
