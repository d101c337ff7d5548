"""Every planted fault is found and named, what is healthy stays clean, and counts add up."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from dataclasses import replace

import pytest

from earmark.datasets import Track, open_dataset
from earmark.doctor import diagnose
from earmark.doctor.checks import CHECKS, balance
from earmark.doctor.duplicates import Likeness, find_pairs
from earmark.doctor.examination import examine
from earmark.doctor.findings import Severity
from earmark.errors import BadDataset, BadSplit
from earmark.splits import Split, make_split, naive_split, write_split

BAD = {
    "reading": {"text": "not audio, or damaged from the start"},
    "truncation": {"truncated": r"breaks off"},
    "silence": {
        "silent": "silent from beginning to end",
        "pause": r"silent for [45]\.\d s from (9\.9|10\.\d) s on",
    },
    "clipping": {"clipped": r"\d+\.\d% of samples are clipped"},
    "sizes": {
        "truncated": r"lasts 16\.\d s; usual are 25\.0 s",
        "excerpt": r"lasts 10\.0 s; usual are 25\.0 s",
        "rate": r"sampled at 22,050 Hz; usual are 48,000 Hz",
    },
}

LIKENESS = {
    ("piece 4", "copy"): "identical",
    ("piece 4", "container"): "identical",
    ("piece 5", "encoded"): "repetition",
    ("piece 3", "rate"): "repetition",
    ("piece 6", "excerpt"): "near",
    ("piece 0", "truncated"): "near",
    ("piece 1", "pause"): "near",
    ("piece 2", "clipped"): "near|repetition",
}


def findings(diagnosis, check: str):
    (section,) = [s for s in diagnosis.sections if s.check.name == check]
    return section.findings


def test_what_is_healthy_stays_clean(health):
    counts = health.counts()
    assert not counts[Severity.LEAK] + counts[Severity.FAULT] + counts[Severity.DOUBT]
    assert not health.leaks
    assert health.collection.pairs == []


@pytest.mark.parametrize("check", BAD)
def test_each_fault_is_found_and_nothing_else(sickness, check):
    found = {finding.tracks: finding.text for finding in findings(sickness, check)}
    assert set(found) == {(name,) for name in BAD[check]}
    for name, pattern in BAD[check].items():
        assert re.fullmatch(f"{name}: .*(?:{pattern}).*", found[(name,)])


def test_each_copy_is_found_and_told_from_the_others(sickness):
    found = {(pair.first, pair.second): pair for pair in sickness.collection.pairs}
    assert set(found) == set(LIKENESS)
    for names, likeness in LIKENESS.items():
        assert re.fullmatch(likeness, found[names].likeness), found[names]
    excerpt = found["piece 6", "excerpt"]
    assert excerpt.start_seconds == pytest.approx(-7, abs=0.1)
    assert excerpt.seconds == pytest.approx(9.4, abs=0.5)
    order = list(Likeness)
    ranks = [(order.index(p.likeness), -p.score) for p in sickness.collection.pairs]
    assert ranks == sorted(ranks)


def test_leaks_are_copies_and_artists_on_two_sides(sickness):
    leaks = [f for f in findings(sickness, "leaks") if f.severity is Severity.LEAK]
    crossing = {pair for pair in LIKENESS if pair[0] in {f"piece {i}" for i in range(5)}}
    copies = {frozenset(f.tracks) for f in leaks if not f.text.startswith("artist ")}
    assert copies == {frozenset(pair) for pair in crossing}
    (artist,) = [f for f in leaks if f.text.startswith("artist ")]
    assert artist.text == "artist 'the planted' stands on train (1 track) and test (10 tracks)"
    assert sickness.leaks
    assert len(leaks) == sickness.counts()[Severity.LEAK]


def test_labels_are_counted_and_an_artist_who_has_most_of_one_is_named(sickness):
    texts = [finding.text for finding in findings(sickness, "balance")]
    assert texts == ["genre b: 10 of 15 tracks are by The Planted", "genre: b 15, a 5"]


def test_counts_add_up(sickness):
    summary = sickness.summary()
    assert "20 tracks: 19 read, 1 unreadable" in summary
    assert summary[-1] == "official sides: train 5, test 15"
    found = Counter(f.severity for section in sickness.sections for f in section.findings)
    assert {k: v for k, v in sickness.counts().items() if v} == dict(found)
    assert [section.check for section in sickness.sections] == list(CHECKS)
    told = json.loads(json.dumps(sickness.to_dict()))
    assert {name: len(found) for name, found in told["checks"].items()} == {
        section.check.name: len(section.findings) for section in sickness.sections
    }
    assert len(told["pairs"]) == len(LIKENESS)


def test_the_worst_come_first_in_each_section(sickness):
    order = list(Severity)
    for section in sickness.sections:
        ranks = [order.index(finding.severity) for finding in section.findings]
        assert ranks == sorted(ranks)


def test_known_faults_are_passed_on(sickness):
    (check,) = [check for check in CHECKS if check.name == "faults"]
    tracks = [replace(sickness.collection.tracks[0], faults=("hum", "a jump at 5 s"))]
    (finding,) = check.find(replace(sickness.collection, tracks=tracks))
    assert finding.text == "piece 0: hum; a jump at 5 s"


def test_a_rare_label_is_doubted(sickness, tmp_path):
    tracks = [
        Track(id=f"t{i}", path=tmp_path, labels={"mood": "calm" if i < 30 else "tense"})
        for i in range(33)
    ]
    texts = [f.text for f in balance.CHECK.find(replace(sickness.collection, tracks=tracks))]
    assert any("calm has 30 tracks, tense has 3" in text for text in texts)
    even = [f.text for f in balance.CHECK.find(replace(sickness.collection, tracks=tracks[20:]))]
    assert even == ["mood: calm 10, tense 3"]


def test_a_split_file_is_checked_in_place_of_the_official_sides(miniature, tmp_path):
    dataset = open_dataset("gtzan-mel", miniature)
    split = make_split("gtzan-mel", dataset.tracks(), 2)
    write_split(split, tmp_path / "split.json")
    diagnosis = diagnose([dataset], split=tmp_path / "split.json", jobs=2)
    assert not diagnosis.leaks
    assert set(diagnosis.collection.sides) == {"fold-0", "fold-1"}
    slices = naive_split("gtzan-mel", dataset.tracks(), 2, slices=4)
    write_split(slices, tmp_path / "slices.json")
    leaky = diagnose([dataset], split=tmp_path / "slices.json", jobs=2)
    assert leaky.leaks
    assert any(f.text.startswith("track 'blues") for f in findings(leaky, "leaks"))


def test_a_split_of_other_tracks_is_refused(healthy, tmp_path):
    split = Split(dataset="other", sides={"train": ("x",), "test": ("y",)}, method="official")
    write_split(split, tmp_path / "split.json")
    with pytest.raises(BadSplit, match=r"names 'x' and 1 others, not among the tracks.*for other"):
        diagnose([open_dataset("manifest", healthy)], split=tmp_path / "split.json")


def test_names_that_clash_are_told_apart(miniature, tmp_path):
    other = tmp_path / "copied"
    shutil.copytree(miniature, other, ignore=shutil.ignore_patterns("[d-z]*"))
    shutil.copy(miniature / "tracks.csv", other)
    both = [open_dataset("gtzan-mel", folder) for folder in (miniature, other)]
    diagnosis = diagnose(both, jobs=2)
    names = {track.id for track in diagnosis.collection.tracks}
    assert {"gtzan-mel:blues.00000", "copied:blues.00000", "rock.00000"} <= names
    identical = [p for p in diagnosis.collection.pairs if p.likeness is Likeness.IDENTICAL]
    assert len(identical) == len(both[1].tracks()) == 12
    shorter = diagnose([open_dataset("log-mel", miniature), both[1]], jobs=2)
    names = {track.id for track in shorter.collection.tracks}
    assert {"log-mel:blues.00000", "gtzan-mel:blues.00000", "rock.00000"} <= names
    with pytest.raises(BadDataset, match="is there 2 times; name each data set once"):
        diagnose([both[0], both[0]])


def test_what_the_fault_filter_left_out_stands_on_no_side(miniature, tmp_path):
    folder = tmp_path / "gtzan-mel"
    shutil.copytree(miniature, folder)
    table = (folder / "tracks.csv").read_text(encoding="utf-8")
    faulty = table.replace("blues.00000,blues,train", "blues.00000,blues,faulty")
    (folder / "tracks.csv").write_text(faulty, encoding="utf-8")
    diagnosis = diagnose([open_dataset("gtzan-mel", folder)], jobs=2)
    assert "official sides: train 29, valid 10; 1 tracks on none" in diagnosis.summary()


def test_the_ten_repetitions_of_gtzan_are_found(data):
    from earmark.datasets.base import read_csv

    listed = {
        frozenset((row["track"], row["same_as"]))
        for row in read_csv(data / "gtzan-meta" / "repetitions.csv", ["track", "same_as", "splits"])
        if "test" not in row["splits"].split()
    }
    folders = [data / "gtzan-mel", data / "gtzan-mel-faulty"]
    diagnosis = diagnose([open_dataset("gtzan-mel", folder) for folder in folders], jobs=2)
    sure = {
        frozenset((pair.first, pair.second))
        for pair in diagnosis.collection.pairs
        if pair.likeness is not Likeness.NEAR
    }
    assert len(listed) == 10
    assert listed <= sure
    artists = {track.id: track.artist for track in diagnosis.collection.tracks}
    others = [p for p in diagnosis.collection.pairs if {p.first, p.second} not in listed]
    assert len(others) > 30  # Coleman Hawkins's album twice, and choruses that come again
    assert all(artists[pair.first] == artists[pair.second] for pair in others)
    filtered = {track.id for track in diagnosis.collection.tracks if track.split != "faulty"}
    assert not any({pair.first, pair.second} <= filtered for pair in diagnosis.collection.pairs)


def test_recordings_are_recognized_in_stored_images(data):
    """One method for sound and images: each file is found among 639 images, and in its own."""
    audio = data / "gtzan-audio"
    paths = {path.stem: path for path in sorted(audio.glob("*/*"))[::6]}
    examinations = {
        f"{name} heard": examine(Track(name, path), "audio") for name, path in paths.items()
    }
    for path in sorted((data / "gtzan-mel").glob("*/*.png")):
        examinations[path.stem] = examine(Track(path.stem, path), "log-mel")
    found = {frozenset((pair.first, pair.second)) for pair in find_pairs(examinations)}
    assert len(paths) == 15
    assert found == {frozenset((name, f"{name} heard")) for name in paths}
