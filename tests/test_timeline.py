"""A timeline: its windows, its change points against trying every cut, and real sound."""

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark import Classifier, judge_timeline, load_audio
from earmark.errors import UnreadableAudio
from earmark.prediction import Timeline, Window
from earmark.timeline import PRICE, _segment, beliefs, change_points, windows_around

# The peak of a process counts what its parent held when it was started.
SMALL_PARENT = [sys.executable, "-S", "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])"]


@pytest.fixture(scope="module")
def classifier():
    return Classifier.load()


class TestWindows:
    @given(st.integers(0, 60), st.lists(st.integers(0, 60)), st.integers(1, 9), st.integers(0, 6))
    def test_they_are_those_of_the_whole_waveform(self, length, cuts, step, margin):
        waveform, size = np.arange(length, dtype=np.float32), step + 2 * margin
        blocks = np.split(waveform, sorted(min(cut, length) for cut in cuts))
        found = list(windows_around(blocks, step=step, size=size))
        starts = list(range(0, length, step))
        assert [start for start, _, _ in found] == starts
        assert [end for _, end, _ in found] == [*starts[1:], length][: len(starts)]
        for start, end, window in found:
            first = max(0, min(start - margin, length - size))
            assert window.tolist() == waveform[first : first + size].tolist()
            assert set(waveform[start:end]) <= set(window)


def entropy_cost(rows, price, cuts):
    """What `change_points` makes least, written out from its docstring."""
    borders = [0, *cuts, len(rows[0])]
    cost = price * len(cuts)
    for array in rows:
        for a, b in itertools.pairwise(borders):
            mean = array[a:b].mean(axis=0)
            mean = mean[mean > 0]
            cost -= (b - a) * float((mean * np.log(mean)).sum()) / len(rows)
    return cost


class TestChangePoints:
    @settings(max_examples=60)
    @given(st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 2), st.floats(0.05, 3))
    def test_no_other_way_to_cut_costs_less(self, seed, steps, outputs, price):
        rng = np.random.default_rng(seed)
        rows = [rng.dirichlet([0.3] * 3, steps) for _ in range(outputs)]
        every = [
            cuts
            for count in range(steps)
            for cuts in itertools.combinations(range(1, steps), count)
        ]
        least = min(entropy_cost(rows, price, cuts) for cuts in every)
        found = change_points(rows, price)
        assert entropy_cost(rows, price, found) == pytest.approx(least, abs=1e-9)

    @given(st.lists(st.integers(4, 40), min_size=1, max_size=30))
    def test_sure_steps_are_cut_where_they_change(self, lengths):
        labels = np.repeat(np.arange(len(lengths)) % 3, lengths)
        assert change_points([np.eye(3)[labels]], PRICE) == np.cumsum(lengths)[:-1].tolist()

    def test_a_single_odd_step_is_no_change(self):
        rows = np.tile([0.9, 0.1], (20, 1))
        rows[10] = [0.3, 0.7]
        assert change_points([rows], PRICE) == []

    def test_an_output_that_changes_is_heard_beside_one_that_does_not(self):
        still, changing = np.tile([1.0, 0.0], (40, 1)), np.eye(2)[np.arange(40) // 20]
        assert change_points([still, changing], PRICE) == [20]

    def test_without_classes_there_are_none(self):
        assert change_points([], PRICE) == []


class TestSegments:
    def step(self, start, share, unknown=None):
        outputs = {"genre": {"jazz": share, "pop": 1 - share}, "valence": {"valence": share}}
        return Window(start, 5.0, outputs, unknown)

    def test_a_segment_is_the_mean_of_what_is_known(self):
        steps = [self.step(0, 0.2), self.step(5, 0.4), self.step(10, 0.9, "noise")]
        segment = _segment(steps)
        assert (segment.start_seconds, segment.duration_seconds) == (0, 15)
        assert list(segment.outputs["genre"]) == ["pop", "jazz"]
        assert segment.outputs["genre"]["jazz"] == pytest.approx(0.3)
        assert segment.outputs["valence"] == {"valence": pytest.approx(0.3)}
        assert segment.unknown is None

    def test_it_is_unknown_where_most_of_it_is(self):
        silent = Window(15.0, 5.0, {}, "silence")
        steps = [self.step(0, 0.5), self.step(5, 0.2, "noise"), self.step(10, 0.4, "noise"), silent]
        segment = _segment(steps)
        assert segment.unknown == "noise"
        assert segment.outputs["genre"]["jazz"] == pytest.approx(1.1 / 3)

    def test_silence_alone_has_no_outputs(self):
        assert _segment([Window(0.0, 5.0, {}, "silence")]) == Window(0.0, 5.0, {}, "silence")

    def test_what_is_unknown_is_a_belief_of_its_own(self):
        steps = [self.step(0, 0.25), self.step(5, 0.9, "noise"), Window(10.0, 5.0, {}, "silence")]
        (rows,) = beliefs(steps, ["genre"])
        assert rows.tolist() == [[0.25, 0.75, 0], [0, 0, 1], [0, 0, 1]]

    def test_change_points_are_where_segments_begin(self):
        parts = (Window(0.0, 7.5, {}), Window(7.5, 5.0, {}), Window(12.5, 1.0, {}))
        assert Timeline((), parts).change_points == [7.5, 12.5]
        assert Timeline((), parts[:1]).change_points == []


@pytest.fixture(scope="module")
def mix(classifier, album, write_sound, tmp_path_factory):
    """Three pieces with silence between the last two, and where each part ends."""
    rate = classifier.bundle.feature.rate
    pieces = [load_audio(album[i], rate=rate, duration_seconds=26) for i in (1, 6, 9)]
    sound = np.concatenate([*pieces[:2], np.zeros(31 * rate, np.float32), pieces[2]])
    path = tmp_path_factory.mktemp("mix") / "mix.wav"
    ends = np.cumsum([len(pieces[0]), len(pieces[1]), 31 * rate, len(pieces[2])]) / rate
    return write_sound(path, sound, rate, subtype="FLOAT"), sound, ends


@pytest.fixture(scope="module")
def timeline(classifier, mix):
    return judge_timeline(classifier, mix[0])


class TestSound:
    def test_steps_and_segments_cover_the_file(self, timeline, mix):
        for parts in (timeline.steps, timeline.segments):
            ends = [part.start_seconds + part.duration_seconds for part in parts]
            assert [part.start_seconds for part in parts] == pytest.approx([0, *ends[:-1]])
            assert ends[-1] == pytest.approx(mix[2][-1])
        assert {round(step.duration_seconds, 6) for step in timeline.steps[:-1]} == {5}

    def test_a_step_is_what_its_window_gives(self, classifier, timeline, mix):
        rate = classifier.bundle.feature.rate
        for step in (1, 3, 7):
            window = mix[1][(5 * step - 5) * rate : (5 * step + 10) * rate]
            alone = classifier.predict_waveform(window, rate)
            assert timeline.steps[step].outputs["genre"] == pytest.approx(alone.genre, abs=1e-5)

    def test_threads_change_nothing(self, timeline, mix):
        assert judge_timeline(Classifier.load(threads=3), mix[0]) == timeline

    def test_changes_are_found_where_they_are(self, timeline, mix):
        for border in mix[2][:-1]:
            assert min(abs(border - point) for point in timeline.change_points) <= 10

    def test_silence_is_unknown(self, timeline):
        steps = [step for step in timeline.steps if step.unknown == "silence"]
        assert [step.start_seconds for step in steps] == pytest.approx([55, 60, 65, 70, 75])
        assert not any(step.outputs for step in steps)
        (part,) = [part for part in timeline.segments if part.unknown is not None]
        # What sounds beside a silence is judged for itself.
        assert 50 <= part.start_seconds <= 55
        assert 80 <= part.start_seconds + part.duration_seconds <= 85

    def test_a_file_shorter_than_a_window(self, classifier, album, write_sound, tmp_path):
        piece = load_audio(album[1], rate=22050, duration_seconds=8)
        timeline = judge_timeline(classifier, write_sound(tmp_path / "a.wav", piece, 22050))
        assert [step.duration_seconds for step in timeline.steps] == pytest.approx([5, 3])
        assert timeline.steps[0].outputs == timeline.steps[1].outputs
        assert len(timeline.segments) == 1

    def test_what_is_too_short(self, classifier, write_sound, tmp_path):
        sound = 0.1 * np.sin(np.arange(2 * 8000, dtype=np.float32))
        path = write_sound(tmp_path / "a.wav", sound, 8000)
        with pytest.raises(UnreadableAudio, match=r"a\.wav: lasts 2 s"):
            judge_timeline(classifier, path)

    def test_silence_is_one_segment(self, classifier, write_sound, tmp_path):
        path = write_sound(tmp_path / "a.wav", np.zeros(20 * 8000, np.float32), 8000)
        timeline = judge_timeline(classifier, path)
        (segment,) = timeline.segments
        assert (segment.duration_seconds, segment.unknown) == (20, "silence")
        assert [step.outputs for step in timeline.steps] == [{}] * 4


@pytest.mark.skipif(os.name != "posix", reason="peak memory as POSIX systems tell it")
def test_memory_does_not_grow_with_the_length(song, write_sound, tmp_path):
    """Eight minutes more of samples at the model's rate would be 40 MiB."""
    code = (
        "import resource, sys; from earmark import Classifier, judge_timeline;"
        "timeline = judge_timeline(Classifier.load(), sys.argv[1]);"
        "print(len(timeline.steps), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    sound = song[::6, 0]  # 26 s
    seen = []
    for minutes in (2, 10):
        length = round(minutes * 60 * 7350)
        path = tmp_path / f"{minutes}.wav"
        write_sound(path, np.resize(sound, length), 7350, subtype="PCM_U8")
        done = subprocess.run(
            [*SMALL_PARENT, sys.executable, "-c", code, str(path)],
            capture_output=True,
            text=True,
            check=True,
        )
        seen.append([int(number) for number in done.stdout.split()])
    assert [steps for steps, _ in seen] == [24, 120]
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    assert (seen[1][1] - seen[0][1]) / unit < 10
