"""What is found of models that are known, of real ones on real tracks, and what is refused."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from earmark import Classifier, load_audio
from earmark.errors import BadBundle, BadFeature, UnreadableAudio
from earmark.explain import explain, explaining
from earmark.explain.explaining import asked_alone
from earmark.features import Chroma, LogMel, Summary
from earmark.memory import Limits, Memory, Remembered

from .conftest import HEARD_BANDS, HEARD_TIME, MISSED_BANDS, MISSED_TIME


def lies_in(part, bands: slice, time: tuple[float, float], seconds: float) -> bool:
    """Whether most of a part lies in what is listened to."""
    edges = LogMel().edges
    middle_hz = (part.low_hz * part.high_hz) ** 0.5
    middle = (part.begin_seconds + part.end_seconds) / 2 / seconds
    return bool(edges[bands.start] < middle_hz < edges[bands.stop]) and time[0] < middle < time[1]


def test_it_names_what_the_model_listens_to(found):
    assert found.label == "rock"
    assert lies_in(found.parts_for[0], HEARD_BANDS, HEARD_TIME, 20)
    assert lies_in(found.parts_against[0], MISSED_BANDS, MISSED_TIME, 20)
    assert found.check.passed
    assert found.check.beaten == 20
    assert found.judgements <= 200


def test_a_part_is_worth_what_deleting_it_changes(found, planted, track):
    log_mel = LogMel()(load_audio(track, rate=22050))
    np.testing.assert_array_equal(found.log_mel, log_mel)
    per_second = log_mel.shape[1] / found.seconds[-1]
    for part in (*found.parts_for, *found.parts_against):
        first, last = (round(t * per_second) for t in (part.begin_seconds, part.end_seconds))
        low, high = (
            int(np.argmin(np.abs(found.bands_hz - hz))) for hz in (part.low_hz, part.high_hz)
        )
        left = log_mel.copy()
        left[low:high, first:last] = log_mel[low:high].mean(axis=1, keepdims=True)
        change = planted.judge(left)["genre"]["rock"] - found.value
        assert part.change == pytest.approx(change, abs=1e-6)
    changes = [part.change for part in found.parts_for]
    assert changes == sorted(changes)


def test_the_same_again_gives_the_same(found, planted, track):
    again = explain(planted, track, threads=2)
    assert again.to_dict() == found.to_dict()
    json.dumps(found.to_dict(), allow_nan=False)


def test_another_answer_can_be_explained(planted, track):
    found = explain(planted, track, label="pop")
    assert found.label == "pop"
    assert lies_in(found.parts_against[0], HEARD_BANDS, HEARD_TIME, 20)


def test_a_number_is_explained_in_its_own_unit(number, track):
    found = explain(number, track, output="valence")
    assert (found.output, found.label, found.is_number) == ("valence", "valence", True)
    assert lies_in(found.parts_for[0], HEARD_BANDS, HEARD_TIME, 20)
    assert found.to_dict()["number"] == found.value


@pytest.fixture(scope="module")
def long_track(album, write_sound, tmp_path_factory):
    """90 s at the model's rate: four pieces."""
    pieces = [load_audio(path, rate=22050, duration_seconds=25) for path in album[:4]]
    waveform = np.concatenate(pieces)[: 90 * 22050]
    return write_sound(tmp_path_factory.mktemp("long") / "long.flac", waveform, 22050)


def test_the_window_that_says_it_loudest_is_taken(planted, long_track):
    windows = planted.predict(long_track).windows
    assert len(windows) == 3
    found = explain(planted, long_track)
    loudest = max(windows, key=lambda window: window.outputs["genre"]["rock"])
    assert found.window[0] == loudest.start_seconds
    assert found.value == pytest.approx(loudest.outputs["genre"]["rock"], abs=1e-6)
    assert "of 3 judged" in found.chosen
    assert found.seconds[0] == loudest.start_seconds
    assert found.seconds[-1] == pytest.approx(loudest.start_seconds + 30, abs=0.1)


@pytest.mark.parametrize(("at", "begin"), [(45, 30), (90, 60)])
def test_a_place_can_be_asked_for(planted, long_track, at, begin):
    found = explain(planted, long_track, at_seconds=at)
    assert found.window == (pytest.approx(begin), pytest.approx(begin + 30))
    assert f"around {at} s" in found.chosen


def test_a_place_must_be_there_and_hold_sound(planted, tmp_path, write_sound, album):
    music = load_audio(album[0], rate=22050, duration_seconds=20)
    quiet = np.zeros(60 * 22050, np.float32)
    path = write_sound(tmp_path / "a.flac", np.concatenate([music, quiet]), 22050)
    with pytest.raises(UnreadableAudio, match=r"lasts 80\.0 s; nothing is at 81 s"):
        explain(planted, path, at_seconds=81)
    with pytest.raises(UnreadableAudio, match=r"silent around 60 s|no answer to be explained: sil"):
        explain(planted, path, at_seconds=60)


def test_of_a_window_with_a_gap_the_longest_sound_is_explained(
    planted, tmp_path, write_sound, album
):
    """As `earmark tag` judges no silence, none is drawn as if it spoke for an answer."""
    music = load_audio(album[8], rate=22050, duration_seconds=16)
    gap = np.zeros(4 * 22050, np.float32)
    sound = np.concatenate([music[: 5 * 22050], gap, music[5 * 22050 :]])
    found = explain(planted, write_sound(tmp_path / "gap.wav", sound, 22050, subtype="FLOAT"))
    assert found.window == pytest.approx((9, 20), abs=0.2)
    assert found.chosen.endswith("what sounds longest in it")
    assert found.value == pytest.approx(found.answers[found.label], abs=1e-5)
    assert found.seconds[0] == found.window[0]


def test_three_seconds_are_enough(planted, tmp_path, write_sound, album):
    music = load_audio(album[9], rate=22050, duration_seconds=3.1)
    found = explain(planted, write_sound(tmp_path / "short.wav", music, 22050))
    assert found.weights.shape == (16, 20)
    assert found.parts_for[0].end_seconds <= 3.2


def test_what_hears_nothing_has_nothing_to_name(planted, track, monkeypatch):
    shares = dict.fromkeys(planted.labels(), 0.1)
    monkeypatch.setattr(planted, "judge", lambda feature: {"genre": shares})
    found = explain(planted, track)
    assert found.parts_for == found.parts_against == ()
    assert found.check is None
    assert found.to_dict()["check"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"label": "rok"}, "its genre knows no label 'rok': did you mean 'rock'?"),
        ({"label": "xyz"}, "its genre knows no label 'xyz': known: blues, "),
        ({"output": "gnre"}, "the model answers no 'gnre': did you mean 'genre'?"),
    ],
)
def test_what_the_model_does_not_answer_is_named(planted, track, arguments, message):
    with pytest.raises(BadBundle) as error:
        explain(planted, track, **arguments)
    assert message in str(error.value)


def test_only_log_mels_can_be_explained(planted, track):
    planted.bundle = replace(planted.bundle, feature=Chroma())
    with pytest.raises(BadFeature, match="its model hears chroma; only models that hear a log-mel"):
        explain(planted, track)


def test_a_track_without_an_answer_says_why(planted, track, monkeypatch):
    judged = replace(planted.predict(track), windows=(), outputs={}, unknown="noise")
    monkeypatch.setattr(planted, "predict", lambda path: judged)
    with pytest.raises(UnreadableAudio, match="no answer to be explained: noise"):
        explain(planted, track)


def test_members_that_have_no_say_are_not_asked(network, track):
    bundle = network.bundle
    (member,) = bundle.members
    genre = bundle.outputs["genre"]
    members = tuple(
        replace(member, name=name, parts={name: replace(member.parts["genre"], weight=weight)})
        for name, weight in (("genre", 1.0), ("mood", 2.0))
    )
    outputs = {"genre": genre, "mood": replace(genre, temperature=3.0, thresholds={})}
    manifest = {**bundle.manifest, "members": []}
    both = Classifier(replace(bundle, members=members, outputs=outputs, manifest=manifest))
    alone = asked_alone(both, "mood")
    assert [member.name for member in alone.bundle.members] == ["mood"]
    log_mel = LogMel()(load_audio(track, rate=22050))
    assert alone.judge(log_mel) == {"mood": both.judge(log_mel)["mood"]}


def test_the_nearest_tracks_of_the_memory_are_named(planted, track, monkeypatch):
    numbers = Summary().shape(30.0)[0]
    memory = Memory(
        feature=Summary(),
        kinds=("music", "noise"),
        limits=Limits(0.0, 9.0),
        mean=np.zeros(numbers),
        scale=np.ones(numbers),
        projection=np.eye(numbers)[:, :2],
        weights=np.zeros((numbers, 2)),
        biases=np.zeros(2),
        vectors=np.stack([np.cos(np.arange(9)), np.sin(np.arange(9))], axis=1),
        tracks=[Remembered(str(i), None, {}) for i in range(9)],
    )
    monkeypatch.setattr(explaining, "read_memory", lambda bundle: memory)
    found = explain(planted, track)
    vector = memory.embed(Summary()(load_audio(track, rate=22050)))
    nearest = [one.track.name for one in memory.neighbours(vector, 8)]
    assert [one.track.name for one in found.neighbours] == nearest
    assert found.to_dict()["neighbours"][0]["track"]["name"] == nearest[0]


@pytest.fixture(scope="module")
def network() -> Classifier:
    """The default bundle's first network alone, which takes milliseconds."""
    classifier = Classifier.load()
    bundle = classifier.bundle
    member = next(m for m in bundle.members if isinstance(m.feature, LogMel) and "genre" in m.parts)
    outputs = {name: bundle.outputs[name] for name in member.parts}
    return Classifier(replace(bundle, members=(member,), outputs=outputs))


def test_on_real_tracks_the_parts_named_matter_more_than_others(network, data):
    with (data / "gtzan-audio" / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if "libmp3lame" in row["what"]]
    tracks = [data / "gtzan-audio" / row["path"] for row in rows[::6]]
    named, random = [], []
    for path in tracks:
        found = explain(network, path)
        assert found.check.passed, path
        named.append(found.check.left / found.value)
        random.append(found.check.mean / found.value)
    assert np.mean(named) < 0.9 * np.mean(random)
