"""Which stretches of a track are judged, and that every way in gives the same answer."""

import json
import subprocess
import sys
from itertools import groupby

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from earmark import Classifier, EarmarkError, Prediction, load_audio
from earmark.classifier import without_silence
from earmark.errors import BadBundle, UnreadableAudio

RATE = 22050


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


@pytest.fixture(scope="module")
def minutes(album) -> np.ndarray:
    """100 s at the model's rate: four pieces after one another [shape=(samples,)]."""
    return np.concatenate([load_audio(path) for path in album[:4]])[: 100 * RATE]


@pytest.fixture(scope="module")
def long_file(minutes, write_sound, tmp_path_factory):
    return write_sound(tmp_path_factory.mktemp("long") / "long.flac", minutes, RATE)


def assert_alike(first: Prediction, second: Prediction, tolerance: float = 1e-4) -> None:
    assert first.genre.keys() == second.genre.keys()
    for label, probability in first.genre.items():
        assert second.genre[label] == pytest.approx(probability, abs=tolerance), label


def assert_well_formed(prediction: Prediction) -> None:
    for outputs in [prediction.outputs, *[w.outputs for w in prediction.windows if w.outputs]]:
        probabilities = list(outputs["genre"].values())
        assert sum(probabilities) == pytest.approx(1)
        assert probabilities == sorted(probabilities, reverse=True)
        assert all(0 <= p <= 1 for p in probabilities)


class TestSilenceWithin:
    @given(
        st.lists(st.tuples(st.booleans(), st.integers(1, 4000)), min_size=1, max_size=8),
        st.sampled_from([100, 1000, 1003]),
    )
    def test_just_what_is_silent_for_long_is_cut(self, parts, rate):
        """Sound of ones; of every silence less than its tenths at either end is left."""
        waveform = np.concatenate([np.full(size, float(loud), np.float32) for loud, size in parts])
        kept = without_silence(waveform, rate)
        assert kept.sum() == waveform.sum()
        silence = np.flatnonzero(np.diff(kept == 0, prepend=False, append=False))
        assert (np.diff(silence)[::2] < 1.2 * rate + 2).all()
        longest = max((len(list(run)) for one, run in groupby(waveform) if not one), default=0)
        if longest < rate - rate // 10:
            assert kept is waveform

    def test_a_gap_changes_little(self, classifier, minutes):
        music = minutes[: 20 * RATE]
        gap = np.zeros(8 * RATE, np.float32)
        gapped = np.concatenate([gap, music[: 9 * RATE], gap[: 2 * RATE], music[9 * RATE :]])
        alone, with_gaps = (classifier.predict_waveform(each, RATE) for each in (music, gapped))
        assert alone.unknown is with_gaps.unknown is None
        assert_alike(alone, with_gaps, 0.1)
        assert with_gaps.duration_seconds == 30

    def test_less_than_3_s_of_sound_is_silence(self, classifier, minutes):
        waveform = np.zeros(20 * RATE, np.float32)
        waveform[5 * RATE : 7 * RATE] = minutes[5 * RATE : 7 * RATE]
        assert classifier.predict_waveform(waveform, RATE).unknown == "silence"


class TestWindows:
    def test_album_is_judged_in_one_window_each(self, classifier, album):
        assert len(album) == 10
        for path in album:
            prediction = classifier.predict(path)
            assert_well_formed(prediction)
            assert set(prediction.genre) == set(classifier.labels())
            assert len(prediction.windows) == 1
            assert prediction.windows[0].start_seconds == 0
            length = len(load_audio(path)) / RATE
            assert prediction.duration_seconds == pytest.approx(length, abs=0.05)
            assert prediction.windows[0].duration_seconds == pytest.approx(length, abs=0.05)
            assert prediction.warnings == ()

    def test_the_model_hears_a_difference(self, classifier, album):
        assert len({next(iter(classifier.predict(path).genre)) for path in album}) >= 4

    @pytest.mark.parametrize("seconds", [3.0, 10, 30, 31])
    def test_up_to_31_seconds_are_one_window(
        self, seconds, classifier, minutes, write_sound, tmp_path
    ):
        path = write_sound(tmp_path / "a.wav", minutes[: round(seconds * RATE)], RATE)
        windows = classifier.predict(path).windows
        assert [(w.start_seconds, w.duration_seconds) for w in windows] == [(0.0, seconds)]

    @pytest.mark.parametrize("seconds", [31.5, 45, 100])
    def test_longer_ones_are_three_windows_over_all_of_it(
        self, seconds, classifier, minutes, write_sound, tmp_path
    ):
        path = write_sound(tmp_path / "a.flac", minutes[: round(seconds * RATE)], RATE)
        prediction = classifier.predict(path)
        assert_well_formed(prediction)
        assert prediction.duration_seconds == pytest.approx(seconds, abs=0.01)
        starts = [window.start_seconds for window in prediction.windows]
        assert starts == pytest.approx([0, (seconds - 30) / 2, seconds - 30], abs=0.01)
        assert [window.duration_seconds for window in prediction.windows] == [30, 30, 30]

    def test_a_window_hears_what_stands_there(self, classifier, minutes, long_file):
        prediction = classifier.predict(long_file)
        for window in prediction.windows:
            start = round(window.start_seconds * RATE)
            alone = classifier.predict_waveform(minutes[start : start + 30 * RATE], RATE)
            assert window.outputs["genre"] == pytest.approx(alone.genre, abs=1e-3)

    def test_the_answer_is_the_mean_of_the_windows(self, classifier, long_file):
        prediction = classifier.predict(long_file)
        for label, probability in prediction.genre.items():
            mean = np.mean([window.outputs["genre"][label] for window in prediction.windows])
            assert probability == pytest.approx(mean)

    def test_whole_judges_everything(self, classifier, minutes, long_file):
        prediction = classifier.predict(long_file, whole=True)
        assert_well_formed(prediction)
        assert [w.start_seconds for w in prediction.windows] == [0, 30, 60, 90]
        assert [w.duration_seconds for w in prediction.windows] == [30, 30, 30, 10]
        assert prediction.duration_seconds == pytest.approx(100, abs=0.01)
        for label, probability in prediction.genre.items():  # each weighs what it lasts
            parts = [w.outputs["genre"][label] * w.duration_seconds for w in prediction.windows]
            assert probability == pytest.approx(sum(parts) / 100)

    def test_whole_leaves_out_a_last_stretch_under_3_seconds(
        self, classifier, minutes, write_sound, tmp_path
    ):
        path = write_sound(tmp_path / "a.wav", minutes[: 62 * RATE], RATE)
        prediction = classifier.predict(path, whole=True)
        assert [window.start_seconds for window in prediction.windows] == [0, 30]
        assert prediction.duration_seconds == pytest.approx(62)
        assert_well_formed(prediction)
        assert prediction.warnings == ()

    def test_whole_of_a_short_file_is_the_same(self, classifier, album):
        assert classifier.predict(album[0], whole=True).genre == pytest.approx(
            classifier.predict(album[0]).genre, abs=1e-6
        )

    def test_threads_change_nothing(self, classifier, long_file):
        assert Classifier.load(threads=3).predict(long_file) == classifier.predict(long_file)

    def test_silent_windows_are_left_out_with_a_warning(
        self, classifier, minutes, write_sound, tmp_path
    ):
        late = np.concatenate([np.zeros(40 * RATE, np.float32), minutes[: 60 * RATE]])
        prediction = classifier.predict(write_sound(tmp_path / "late.flac", late, RATE))
        assert prediction.warnings == ("1 of 3 windows are silent and were not judged",)
        assert_well_formed(prediction)


class TestWaveforms:
    @pytest.mark.parametrize("suffix", [".wav", ".mp3", ".ogg", ".m4a"])
    def test_file_and_array_agree(self, suffix, classifier, song, write_sound, tmp_path):
        path = write_sound(tmp_path / f"song{suffix}", song, 44100)
        array = load_audio(path, rate=44100)
        assert_alike(classifier.predict(path), classifier.predict_waveform(array, 44100))

    def test_long_file_and_array_agree(self, classifier, minutes, long_file):
        by_file, by_array = (
            classifier.predict(long_file),
            classifier.predict_waveform(minutes, RATE),
        )
        assert_alike(by_file, by_array, 1e-3)
        starts = [[w.start_seconds for w in p.windows] for p in (by_file, by_array)]
        assert starts[0] == pytest.approx(starts[1])

    def test_channels_are_averaged(self, classifier, song):
        stereo = classifier.predict_waveform(song, 44100)
        assert_alike(stereo, classifier.predict_waveform(song.mean(axis=1), 44100), 1e-6)
        left = classifier.predict_waveform(song[:, 0], 44100)
        assert left.genre != pytest.approx(stereo.genre, abs=0.01)

    @pytest.mark.parametrize("rate", [22050, 32000, 48000, 96000])
    def test_the_rate_is_no_matter(self, rate, classifier, song):
        reference = classifier.predict_waveform(song[:, 0], 44100)
        again = soxr.resample(song[:, 0], 44100, rate, quality="HQ")
        assert_alike(reference, classifier.predict_waveform(again, rate), 0.02)

    def test_other_number_types_and_lists(self, classifier, song):
        mono = song[: 5 * 44100, 0]
        reference = classifier.predict_waveform(mono, 44100)
        assert_alike(reference, classifier.predict_waveform(mono.astype(np.float64), 44100), 1e-6)
        assert_alike(reference, classifier.predict_waveform(mono.tolist(), 44100), 1e-6)

    def test_it_is_left_as_it_was(self, classifier, song):
        before = song.copy()
        classifier.predict_waveform(song, 44100)
        np.testing.assert_array_equal(song, before)

    def test_silence_is_unknown(self, classifier, song):
        prediction = classifier.predict_waveform(song * 0, 44100)
        assert prediction.unknown == "silence"
        assert prediction.outputs == prediction.genre == {}

    def test_what_cannot_be_judged(self, classifier, song):
        mono = song[:, 0]
        with pytest.raises(UnreadableAudio, match="at least 3 s"):
            classifier.predict_waveform(mono[: 44100 * 2], 44100)
        with pytest.raises(UnreadableAudio, match="no sound"):
            classifier.predict_waveform(mono[:0], 44100)
        with pytest.raises(UnreadableAudio, match="not finite"):
            classifier.predict_waveform(np.where(np.arange(len(mono)) == 9, np.nan, mono), 44100)
        with pytest.raises(ValueError, match="dimensions"):
            classifier.predict_waveform(mono[None, None], 44100)


class TestBrokenFiles:
    """A file that breaks off is judged by what is there, and says so."""

    @pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".aiff", ".au", ".ogg", ".opus"])
    @pytest.mark.parametrize("whole", [False, True])
    def test_cut_in_the_middle(
        self, suffix, whole, classifier, minutes, write_sound, tmp_path_factory
    ):
        folder = tmp_path_factory.getbasetemp() / "cut"
        folder.mkdir(exist_ok=True)
        path, rate = folder / f"long{suffix}", 48000 if suffix == ".opus" else 44100
        if not path.exists():
            write_sound(path, soxr.resample(minutes[: 70 * RATE], RATE, rate), rate)
            path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
        prediction = classifier.predict(path, whole=whole)
        assert_well_formed(prediction)
        assert 31 < prediction.duration_seconds < 60
        assert len(prediction.warnings) == 1
        assert "breaks off after" in prediction.warnings[0] or "cut short" in prediction.warnings[0]
        ends = [w.start_seconds + w.duration_seconds for w in prediction.windows]
        assert max(ends) == pytest.approx(prediction.duration_seconds, abs=0.1)

    @pytest.mark.parametrize("suffix", [".aac", ".m4a", ".wma", ".webm", ".mp3", ".ogg", ".opus"])
    def test_an_unhurt_file_gets_no_warning(
        self, suffix, classifier, minutes, write_sound, tmp_path
    ):
        rate = 48000 if suffix in {".opus", ".webm"} else 44100
        sound = soxr.resample(minutes[: 50 * RATE], RATE, rate)
        prediction = classifier.predict(write_sound(tmp_path / f"a{suffix}", sound, rate))
        assert prediction.warnings == ()
        assert prediction.duration_seconds == pytest.approx(50, abs=0.15)
        assert len(prediction.windows) == 3

    def test_the_error_names_the_file(self, classifier, song, write_sound, tmp_path):
        path = write_sound(tmp_path / "quick.wav", song[:44100], 44100)
        with pytest.raises(UnreadableAudio) as caught:
            classifier.predict(path)
        assert caught.value.path == path
        assert caught.value.reason == "lasts 1 s; at least 3 s are needed"

    def test_a_missing_model(self, tmp_path):
        with pytest.raises(BadBundle, match="no such folder"):
            Classifier.load(tmp_path / "none")
        assert issubclass(BadBundle, EarmarkError)


MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([done.returncode, peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)]))
"""


def peak_mebibytes(*arguments) -> float:
    """Peak memory of `earmark tag`, judged in one process, measured by a small parent."""
    command = [sys.executable, "-c", MEASURE, sys.executable, "-m", "earmark", "tag"]
    done = subprocess.run([*command, *map(str, arguments)], stdout=subprocess.PIPE, check=True)
    status, peak = json.loads(done.stdout)
    assert status == 0
    return peak


@pytest.mark.skipif(sys.platform == "win32", reason="resource is a module of POSIX systems")
def test_three_hours_cost_no_more_memory_than_three_minutes(album, write_sound, tmp_path):
    three_minutes = np.concatenate([load_audio(path, rate=8000) for path in album])[: 180 * 8000]
    short = write_sound(tmp_path / "short.flac", three_minutes, 8000, subtype="PCM_S8")
    hours = np.tile(three_minutes, 60)
    long = write_sound(tmp_path / "long.flac", hours, 8000, subtype="PCM_S8")
    spread = [peak_mebibytes("--jobs", 1, path) for path in (short, long)]
    whole = [peak_mebibytes("--jobs", 1, "--whole", path) for path in (short, long)]
    assert spread[1] < spread[0] + 12
    assert whole[1] < whole[0] + 12  # the answers of 360 windows; the sound is 900 MiB
    assert max(spread + whole) < 150
