"""A worker answers line by line, greets with what is wrong, and ends with its input."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from earmark import Classifier, load_audio
from earmark.batch import judge_file, outcome_to_dict

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX processes")


@pytest.fixture(scope="module")
def long_file(song, write_sound, tmp_path_factory) -> Path:
    """An hour and a half at 8 kHz: seconds of work with `whole`."""
    path = tmp_path_factory.mktemp("long") / "long.wav"
    return write_sound(path, np.tile(song[::6, 0], 208), 7350, subtype="PCM_U8")


class TestWorker:
    def start(self, model: Path | None = None, whole: bool = False) -> subprocess.Popen:
        settings = {"model": None if model is None else str(model), "whole": whole}
        job = ["earmark.batch:judging_job", json.dumps(settings)]
        return subprocess.Popen(
            [sys.executable, "-m", "earmark.worker", *job],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, worker: subprocess.Popen, path: Path) -> dict:
        worker.stdin.write(json.dumps(str(path)) + "\n")
        worker.stdin.flush()
        return json.loads(worker.stdout.readline())

    def test_it_answers_line_by_line_and_ends_with_its_input(self, album, tmp_path):
        with self.start() as worker:
            assert json.loads(worker.stdout.readline()) == {"ready": True}
            classifier = Classifier.load()
            for path in (album[0], tmp_path / "none.mp3", album[1]):
                expected = outcome_to_dict(judge_file(classifier, path))
                answer = self.ask(worker, path)
                assert answer.keys() == expected.keys()
                assert answer.get("error") == expected.get("error")
                if "outputs" in expected:
                    genre = expected["outputs"]["genre"]
                    assert answer["outputs"]["genre"] == pytest.approx(genre, abs=1e-5)
            worker.stdin.close()
            assert worker.wait(5) == 0

    def test_whole_and_a_bundle(self, song, write_sound, tmp_path):
        from earmark.bundle import DEFAULT

        path = write_sound(tmp_path / "a.wav", np.tile(song[:, 0], 4), 44100)
        with self.start(DEFAULT, whole=True) as worker:
            worker.stdout.readline()
            assert len(self.ask(worker, path)["windows"]) == 4
            worker.stdin.close()

    def test_an_unusable_bundle_is_its_greeting(self, tmp_path):
        with self.start(tmp_path) as worker:
            assert "not an Earmark bundle" in json.loads(worker.stdout.readline())["error"]
            assert worker.wait(5) == 0

    @posix
    def test_ctrl_c_is_the_parents(self, album):
        with self.start() as worker:
            worker.stdout.readline()
            worker.send_signal(2)
            assert "outputs" in self.ask(worker, album[0])
            worker.stdin.close()

    def test_it_ends_in_the_middle_of_a_file_when_its_input_does(self, long_file):
        assert len(load_audio(long_file, rate=7350)) > 5000 * 7350
        with self.start(whole=True) as worker:
            worker.stdout.readline()
            worker.stdin.write(json.dumps(str(long_file)) + "\n")
            worker.stdin.flush()
            time.sleep(0.2)
            worker.stdin.close()
            assert worker.wait(1) == 0
            assert worker.stdout.read() == ""
