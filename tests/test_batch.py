"""Files are found in order and judged side by side; what goes wrong stays with its file."""

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from earmark import Classifier
from earmark.batch import judge_file, judge_files
from earmark.crew import available_cores
from earmark.errors import BadBundle, EarmarkError
from earmark.features.frames import numpy_rfft
from earmark.files import find_audio

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX processes or permissions")


@pytest.fixture(scope="module")
def long_file(song, write_sound, tmp_path_factory) -> Path:
    """An hour and a half at 8 kHz: seconds of work with `whole`."""
    path = tmp_path_factory.mktemp("long") / "long.wav"
    return write_sound(path, np.tile(song[::6, 0], 208), 7350, subtype="PCM_U8")


def workers_of(pid: int) -> list[int]:
    """Processes that a process has started and not yet buried."""
    if shutil.which("ps") is None:
        pytest.skip("there is no ps to find worker processes with")
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()]
    return [int(row[0]) for row in rows if int(row[1]) == pid and "earmark.worker" in row[2]]


def assert_alike(outcome, expected, tolerance: float = 1e-5) -> None:
    """Equal but for rounding, which depends on the FFT that a process has at hand."""
    assert (outcome.path, outcome.error) == (expected.path, expected.error)
    if expected.prediction is not None:
        assert outcome.prediction.genre == pytest.approx(expected.prediction.genre, abs=tolerance)
        assert outcome.prediction.duration_seconds == expected.prediction.duration_seconds
        assert len(outcome.prediction.windows) == len(expected.prediction.windows)


class TestFindAudio:
    def found(self, folder: Path, *paths: Path) -> list[str]:
        return [p.relative_to(folder).as_posix() for p in find_audio(paths or [folder])]

    def test_folders_are_walked_by_name(self, tmp_path):
        names = ["b.mp3", "a/z.wav", "a/b/c.flac", "c.OGG", "a.opus", "a/notes.txt", "cover.png"]
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        assert self.found(tmp_path) == ["a/b/c.flac", "a/z.wav", "a.opus", "b.mp3", "c.OGG"]

    def test_hidden_names_are_left_out(self, tmp_path):
        (tmp_path / ".git").mkdir()
        for name in (".git/a.mp3", ".b.mp3", "._c.mp3", "d.mp3"):
            (tmp_path / name).touch()
        assert self.found(tmp_path) == ["d.mp3"]

    def test_what_is_named_is_always_tried_in_the_order_given(self, tmp_path):
        for name in ("notes.txt", ".hidden.mp3", "a.mp3"):
            (tmp_path / name).touch()
        named = [tmp_path / n for n in ("notes.txt", "missing.mp3", ".hidden.mp3", "a.mp3")]
        assert list(find_audio(named)) == named

    def test_a_folder_with_an_audio_suffix_is_walked(self, tmp_path):
        (tmp_path / "live.mp3").mkdir()
        (tmp_path / "live.mp3" / "one.mp3").touch()
        assert self.found(tmp_path) == ["live.mp3/one.mp3"]

    @posix
    def test_link_loops_end(self, tmp_path):
        (tmp_path / "a" / "b").mkdir(parents=True)
        (tmp_path / "a" / "song.mp3").touch()
        (tmp_path / "a" / "b" / "up").symlink_to(tmp_path)
        (tmp_path / "a" / "self").symlink_to(".")
        (tmp_path / "round").symlink_to("round")
        assert self.found(tmp_path) == ["a/song.mp3"]

    @posix
    def test_links_to_folders_and_files_are_followed(self, tmp_path):
        (tmp_path / "music").mkdir()
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "song.mp3").touch()
        (tmp_path / "music" / "album").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "music" / "link.mp3").symlink_to(tmp_path / "elsewhere" / "song.mp3")
        (tmp_path / "music" / "broken.mp3").symlink_to(tmp_path / "gone.mp3")
        assert self.found(tmp_path / "music") == ["album/song.mp3", "broken.mp3", "link.mp3"]

    @posix
    def test_a_folder_that_cannot_be_listed_comes_out_as_itself(self, tmp_path, monkeypatch):
        (tmp_path / "shut").mkdir()
        (tmp_path / "a.mp3").touch()
        listdir = os.listdir

        def refuse(path):
            if Path(path).name == "shut":
                raise PermissionError(13, "Permission denied")
            return listdir(path)

        monkeypatch.setattr(os, "listdir", refuse)
        assert self.found(tmp_path) == ["a.mp3", "shut"]


class TestJudging:
    @pytest.mark.parametrize("jobs", [1, 2, 3, 99])
    def test_order_and_answers_are_those_of_one_process(self, jobs, album, tmp_path, monkeypatch):
        # Another test may have loaded scipy, whose FFT differs in the last bits; workers never do.
        monkeypatch.setattr("earmark.features.frames._rfft", lambda: numpy_rfft)
        paths = [*album[:3], tmp_path / "none.mp3", *album[3:5], album[0]]
        outcomes = list(judge_files(paths, jobs=jobs))
        classifier = Classifier.load()
        for outcome, path in zip(outcomes, paths, strict=True):
            assert_alike(outcome, judge_file(classifier, path))
        assert outcomes[3].error == "no such file"
        assert outcomes[0].prediction == outcomes[-1].prediction

    def test_a_slow_first_file_changes_no_order(self, album, long_file):
        outcomes = judge_files([long_file, *album[:2]], jobs=2, whole=True)
        paths = [outcome.path for outcome in outcomes]
        assert paths == [long_file, *album[:2]]

    def test_one_file_is_judged_without_a_worker(self, album, monkeypatch):
        monkeypatch.setattr(subprocess, "Popen", None)
        (outcome,) = judge_files(album[:1], jobs=4)
        assert_alike(outcome, judge_file(Classifier.load(), album[0]))

    @pytest.mark.parametrize("count", [1, 2])
    def test_only_what_is_wanted_is_answered_and_that_alike(self, count, album):
        few = list(judge_files(album[:count], outputs=["mood", "genre"], jobs=2))
        everything = list(judge_files(album[:count], jobs=2))
        for outcome, whole in zip(few, everything, strict=True):
            assert (
                set(outcome.prediction.outputs) == {"genre", "mood"} < set(whole.prediction.outputs)
            )
            assert outcome.prediction.unknown == whole.prediction.unknown
            for name, answer in outcome.prediction.outputs.items():
                assert answer == pytest.approx(whole.prediction.outputs[name], abs=1e-6)

    def test_no_files(self):
        assert list(judge_files([])) == []

    def test_an_unusable_bundle_is_said_once(self, album, tmp_path):
        for paths in (album[:1], album[:3]):
            with pytest.raises(BadBundle, match="no such folder"):
                list(judge_files(paths, model=tmp_path / "none", jobs=2))

    def test_workers_that_cannot_start(self, album, monkeypatch):
        monkeypatch.setenv("PYTHONHOME", os.devnull)  # no worker will find its library
        with pytest.raises(EarmarkError, match="worker process ended as it started"):
            list(judge_files(album[:3], jobs=2))

    @pytest.mark.parametrize("kind", [RuntimeError, MemoryError, ValueError, OSError])
    def test_any_failure_of_a_decoder_becomes_the_outcome(self, kind, album):
        class Failing:
            def predict(self, path, whole):
                raise kind("no luck\nat all")

        outcome = judge_file(Failing(), album[0])
        assert outcome.error == f"cannot be judged: {kind.__name__}: no luck at all"

    def test_available_cores(self):
        assert 1 <= available_cores() <= os.cpu_count()


@posix
class TestDyingWorkers:
    def killed(self, paths: list[Path], jobs: int) -> list:
        """Outcomes where the workers are killed once the first file is done."""
        outcomes = judge_files(paths, jobs=jobs, whole=True)
        done = [next(outcomes)]
        time.sleep(0.3)  # the long file has been begun
        for pid in workers_of(os.getpid()):
            os.kill(pid, 9)
        return [*done, *outcomes]

    def test_its_file_fails_and_the_others_go_on(self, album, long_file):
        outcomes = self.killed([album[0], long_file, album[1], album[2]], jobs=1)
        assert [outcome.error for outcome in outcomes] == [
            None,
            "the process that judged it died (signal 9)",
            None,
            None,
        ]
        assert_alike(outcomes[2], judge_file(Classifier.load(), album[1], whole=True))

    def test_all_of_several_may_die(self, album, long_file, tmp_path):
        second = tmp_path / "second.wav"
        shutil.copy(long_file, second)
        outcomes = self.killed([album[0], long_file, second, *album[1:4]], jobs=2)
        assert [bool(outcome.error) for outcome in outcomes] == [False, True, True] + [False] * 3
        assert workers_of(os.getpid()) == []

    def test_a_reader_that_stops_leaves_no_worker(self, album, long_file):
        threads = threading.active_count()
        outcomes = judge_files([*album, long_file], jobs=2, whole=True)
        next(outcomes)
        assert workers_of(os.getpid())
        outcomes.close()
        assert workers_of(os.getpid()) == []
        assert threading.active_count() == threads
