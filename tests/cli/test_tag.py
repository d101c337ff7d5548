"""The command `earmark tag` as a user meets it: formats, exit codes, terminals, interruptions."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from earmark.bundle import Output
from earmark.features import LogMel

from ..means import write_means

posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of POSIX systems")
COMMAND = [sys.executable, "-m", "earmark"]


def rows_of(process):
    return [json.loads(line) for line in process.stdout.splitlines()]


@pytest.fixture(scope="module")
def long_file(song, write_sound, tmp_path_factory) -> Path:
    """Twenty minutes, so that judging all of it takes seconds."""
    path = tmp_path_factory.mktemp("long") / "long.wav"
    return write_sound(path, np.tile(song[::4, 0], 50), 11025, subtype="PCM_U8")


class TestFormats:
    def test_json_is_one_object_per_line(self, earmark, album):
        process = earmark("tag", *album[:2], "nowhere.mp3", "--format", "json")
        first, _, failed = rows_of(process)
        assert process.returncode == 1
        assert first["path"] == str(album[0])
        assert (first["status"], first["error"]) == ("ok", None)
        assert first["duration_seconds"] == pytest.approx(27.5, abs=0.1)
        probabilities = [genre["probability"] for genre in first["genre"]]
        assert len(probabilities) == 10
        assert probabilities == sorted(probabilities, reverse=True)
        assert sum(probabilities) == pytest.approx(1, abs=1e-4)
        assert [window["start_seconds"] for window in first["windows"]] == [0]
        assert (failed["status"], failed["error"]) == ("error", "no such file")
        assert (failed["genre"], failed["duration_seconds"]) == ([], None)

    def test_csv_says_the_same_as_json(self, earmark, album):
        files = [*album[:2], "nowhere.mp3"]
        table = list(csv.DictReader(io.StringIO(earmark("tag", *files, "--format", "csv").stdout)))
        objects = rows_of(earmark("tag", *files, "--format", "json"))
        assert [row["path"] for row in table] == [str(row["path"]) for row in objects]
        assert [row["status"] for row in table] == ["ok", "ok", "error"]
        for row, thing in zip(table[:2], objects[:2], strict=True):
            for i in range(3):
                name = f"genre_{i + 1}" if i else "genre"
                assert row[name] == thing["genre"][i]["label"]
                share = float(row[f"{name}_probability"])
                assert share == pytest.approx(thing["genre"][i]["probability"], abs=1e-4)
        assert table[2]["error"] == "no such file"

    def test_the_table_names_path_duration_and_genres(self, earmark, album):
        process = earmark("tag", album[1])
        head, row = process.stdout.splitlines()
        assert head.split()[:3] == ["path", "length", "genre"]
        assert row.startswith(str(album[1]))
        assert re.search(r"  0:29  classical \d+%", row)
        assert "\x1b" not in process.stdout

    def test_whole_judges_every_stretch(self, earmark, song, write_sound, tmp_path):
        path = write_sound(tmp_path / "a.flac", np.tile(song, (5, 1)), 44100)
        three, every = (
            rows_of(earmark("tag", path, "--format", "json", *whole))[0]
            for whole in ([], ["--whole"])
        )
        length = three["duration_seconds"]
        starts = [window["start_seconds"] for window in three["windows"]]
        assert starts == pytest.approx([0, (length - 30) / 2, length - 30], abs=0.01)
        assert [w["start_seconds"] for w in every["windows"]] == pytest.approx(
            [30 * i for i in range(len(every["windows"]))], abs=0.01
        )
        assert sum(w["duration_seconds"] for w in every["windows"]) == pytest.approx(length, abs=3)

    @pytest.mark.parametrize("jobs", [1, 2])
    def test_a_timeline_is_the_same_from_a_worker(self, jobs, earmark, album):
        files = [album[0], "nowhere.mp3", album[1]][: 1 + 2 * (jobs - 1)]
        process = earmark("tag", *files, "--timeline", "--format", "json", "--jobs", jobs)
        rows = rows_of(process)
        assert [row["status"] for row in rows] == ["ok", "error", "ok"][: len(files)]
        timeline = rows[0]["timeline"]
        assert len(timeline["steps"]) == 6
        assert [step["start_seconds"] for step in timeline["steps"]] == [0, 5, 10, 15, 20, 25]
        assert len(timeline["segments"]) == len(timeline["change_points"]) + 1
        assert timeline["steps"][0].keys() == rows[0]["windows"][0].keys()

    def test_out_writes_the_rows_to_a_file(self, earmark, album, tmp_path):
        target = tmp_path / "rows.jsonl"
        process = earmark("tag", *album[:2], "--format", "json", "--out", target)
        assert (process.returncode, process.stdout) == (0, "")
        assert target.read_text() == earmark("tag", *album[:2], "--format", "json").stdout


class TestOrderAndTally:
    def test_any_number_of_jobs_gives_the_same_output(self, earmark, album):
        folder = album[0].parent
        outputs = {earmark("tag", folder, "--jobs", jobs).stdout for jobs in (1, 2, 5)}
        assert len(outputs) == 1
        names = re.findall(r"\d\d [^/\\]*?\.opus", outputs.pop())
        assert names == [path.name for path in album]

    def test_all_real_clips_give_the_same_output(self, earmark, data):
        folder = data / "gtzan-audio"
        one, two = (earmark("tag", folder, "--format", "json", "--jobs", jobs) for jobs in (1, 2))
        assert one.stdout == two.stdout
        rows = rows_of(one)
        assert len(rows) == 89
        assert {row["status"] for row in rows} == {"ok"}
        assert one.stderr == "earmark: 89 files: 89 judged, 0 failed\n"

    def test_the_tally_adds_up(self, earmark, album, tmp_path):
        (tmp_path / "text.mp3").write_text("no music")
        process = earmark("tag", *album[:3], tmp_path, "nowhere.ogg")
        assert process.stderr.splitlines()[-1] == "earmark: 5 files: 3 judged, 2 failed"
        assert process.returncode == 1
        assert earmark("tag", album[0]).returncode == 0

    def test_a_folder_without_music_is_named(self, earmark, album, tmp_path):
        process = earmark("tag", tmp_path, album[0])
        assert process.stderr.splitlines()[0] == f"earmark: error: no audio files in {tmp_path}"
        assert process.stdout.count(".opus") == 1


class TestWrongUse:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ([], "PATH"),
            (["a.mp3", "--format", "xml"], "xml"),
            (["a.mp3", "--jobs", "0"], "0"),
            (["a.mp3", "--loud"], "--loud"),
            (["a.mp3", "--model", "nowhere"], "nowhere: no such folder"),
        ],
    )
    def test_exit_code_2_and_a_reason(self, earmark, arguments, words):
        process = earmark("tag", *arguments)
        assert process.returncode == 2
        assert words in process.stderr
        assert "Traceback" not in process.stderr
        assert process.stdout == ""

    def test_an_unknown_command(self, earmark):
        process = earmark("tga")
        assert process.returncode == 2
        assert "tga" in process.stderr

    @pytest.mark.parametrize("command", [[], ["tag"], ["train"], ["evaluate"]])
    def test_help(self, earmark, command):
        process = earmark(*command, "--help")
        assert process.returncode == 0
        assert "Usage: earmark" in process.stdout

    def test_version(self, earmark):
        assert re.fullmatch(r"earmark \d+\.\d+\.\d+\n", earmark("--version").stdout)


@pytest.fixture
def foreign(tmp_path):
    """A bundle of one model, to be spoilt."""
    outputs = {"genre": Output(("blues", "jazz", "rock"))}
    return write_means(tmp_path / "bundle", LogMel(), outputs)


def _change_manifest(bundle: Path, change) -> None:
    manifest = json.loads((bundle / "bundle.json").read_text())
    change(manifest)
    (bundle / "bundle.json").write_text(json.dumps(manifest))


SPOILT = {
    "not an Earmark bundle": lambda b: (b / "bundle.json").unlink(),
    "damaged": lambda b: (b / "bundle.json").write_text("{"),
    "schema 99": lambda b: _change_manifest(b, lambda m: m.update(schema=99)),
    "checksum": lambda b: (b / "model.onnx").write_bytes(b"\0" * 1000),
    "labels": lambda b: _change_manifest(b, lambda m: m["outputs"]["genre"]["labels"].pop()),
    "hops": lambda b: _change_manifest(b, lambda m: m["feature"].update(hops=1)),
    "model.onnx": lambda b: (b / "model.onnx").unlink(),
}


@pytest.mark.parametrize("reason", SPOILT)
@pytest.mark.parametrize("files", [1, 2])
def test_a_spoilt_bundle_is_refused_with_its_reason(reason, files, earmark, album, foreign):
    SPOILT[reason](foreign)
    process = earmark("tag", *album[:files], "--model", foreign)
    assert process.returncode == 2
    assert len(process.stderr.splitlines()) == 1
    assert str(foreign) in process.stderr
    assert reason in process.stderr


def test_a_model_that_is_no_model_is_refused(earmark, album, foreign):
    import hashlib

    junk = b"\0" * 1000
    (foreign / "model.onnx").write_bytes(junk)
    checksum = hashlib.sha256(junk).hexdigest()
    _change_manifest(foreign, lambda m: m["files"].update({"model.onnx": checksum}))
    process = earmark("tag", album[0], "--model", foreign)
    assert process.returncode == 2
    assert "its model cannot be loaded" in process.stderr
    assert len(process.stderr.splitlines()) == 1


@posix
class TestWhatCannotBeWritten:
    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
    def test_a_full_disk(self, earmark, album):
        process = earmark("tag", *album[:2], "--out", "/dev/full")
        assert process.returncode == 1
        assert process.stderr.startswith("earmark: error: /dev/full: cannot be written: No space")
        assert len(process.stderr.splitlines()) == 1

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
    def test_a_full_disk_behind_stdout(self, album):
        with Path("/dev/full").open("w") as full:
            process = subprocess.run(
                [*COMMAND, "tag", *album[:2]], stdout=full, stderr=subprocess.PIPE, text=True,
                check=False,
            )  # fmt: skip
        assert process.returncode == 1
        assert "cannot be written: No space" in process.stderr
        assert len(process.stderr.splitlines()) == 1

    def test_a_folder_in_the_place_of_the_file(self, earmark, album, tmp_path):
        process = earmark("tag", album[0], "--out", tmp_path)
        assert process.returncode == 1
        assert process.stderr.startswith(f"earmark: error: {tmp_path}: cannot be written")
        assert len(process.stderr.splitlines()) == 1

    def test_a_reader_that_has_had_enough(self, album):
        script = f"'{sys.executable}' -m earmark tag \"$0\" --format json --jobs 1 | head -n 1"
        process = subprocess.run(
            ["sh", "-c", script, str(album[0].parent)], capture_output=True, text=True, check=False
        )
        assert len(process.stdout.splitlines()) == 1
        assert "Traceback" not in process.stderr
        assert "Exception" not in process.stderr


def _workers_of(pid: int) -> list[int]:
    """Processes whose parent is this one, as /proc tells."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        pytest.skip("this system does not list the children of a process in /proc")
    return [int(child) for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()]  # fmt: skip


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def _gone_within(pids: list[int], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(_runs(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


@posix
class TestInterruption:
    @pytest.fixture
    def running(self, album, long_file):
        """A run whose first file is judged, and whose second will take long."""
        command = [*COMMAND, "tag", album[0], long_file, album[1], "--whole", "--format", "json"]
        process = subprocess.Popen(
            [*command, "--jobs", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        first = process.stdout.readline()
        yield process, json.loads(first), _workers_of(process.pid)
        process.kill()
        process.communicate()

    def test_ctrl_c_ends_at_once_and_keeps_what_is_done(self, running):
        process, first, workers = running
        assert first["status"] == "ok"
        assert workers
        process.send_signal(signal.SIGINT)
        output, messages = process.communicate(timeout=20)
        assert process.returncode == 130
        assert output == ""
        assert messages == "earmark: 3 files: 1 judged, 0 failed, stopped with 2 left\n"
        assert _gone_within(workers, 20)

    def test_a_killed_parent_leaves_no_worker(self, running):
        process, _, workers = running
        assert workers
        process.kill()
        process.wait()
        assert _gone_within(workers, 20)


@posix
class TestTerminal:
    def run_in_terminal(self, *arguments, **environment):
        """What a terminal of 100 columns shows of both streams."""
        import pty

        main, side = pty.openpty()
        names = {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40", **environment}
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            stdout=side,
            stderr=side,
            stdin=side,
            env={**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, **names},
        )
        os.close(side)
        shown = b""
        while True:
            try:
                more = os.read(main, 65536)
            except OSError:  # what Linux says at the end of a terminal
                break
            if not more:
                break
            shown += more
        os.close(main)
        process.wait()
        return shown.decode()

    def test_a_bar_with_rate_and_time_left(self, album):
        shown = self.run_in_terminal("tag", album[0].parent)
        assert re.search(r"\d+/10", shown)
        assert re.search(r"\d+\.\d files/s", shown)
        assert "left" in shown
        assert all(path.name[3:-5] in shown for path in album)

    def test_colour_unless_the_user_says_no(self, album):
        assert "\x1b[1m" in self.run_in_terminal("tag", album[0])
        assert "\x1b[1m" not in self.run_in_terminal("tag", album[0], NO_COLOR="1")
        assert "\x1b[" not in self.run_in_terminal("tag", album[0], TERM="dumb")

    def test_long_paths_fit_the_line(self, album):
        shown = self.run_in_terminal("tag", album[0])
        row = next(line for line in shown.splitlines() if "0:28" in line)
        assert len(re.sub(r"\x1b\[\d*m", "", row)) <= 100

    def test_no_bar_in_a_pipe(self, earmark, album):
        process = earmark("tag", album[0].parent)
        assert "files/s" not in process.stderr + process.stdout
        assert "\x1b" not in process.stderr + process.stdout
