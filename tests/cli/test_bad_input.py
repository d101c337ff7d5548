"""Whatever is wrong with a file: one line names it and the reason, and the others are judged."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

RATE = 44100
DAMAGED = "not audio, or damaged from the start|no sound could be decoded"

REASONS = {
    "broken-link.mp3": "broken link",
    "corrupt.flac": DAMAGED,
    "corrupt.m4a": DAMAGED,
    "corrupt.mp3": DAMAGED,
    "cut.m4a": DAMAGED,  # its table of contents stands at the end
    "empty.mp3": "is empty",
    "empty.wav": "is empty",
    "header-only.flac": "no sound could be decoded|damaged from the start",
    "header-only.m4a": DAMAGED,
    "header-only.mp3": f"{DAMAGED}|at least 3 s are needed",
    "header-only.ogg": DAMAGED,
    "header-only.opus": DAMAGED,
    "header-only.wav": "no sound could be decoded",
    "missing.mp3": "no such file",
    "nan.wav": "holds samples that are not finite numbers",
    "no-sound.mkv": "has no audio stream",
    "no-sound.mp4": "has no audio stream",
    "pipe.mp3": "is not a regular file",
    "short.flac": r"lasts 0\.2 s; at least 3 s are needed",
    "short.mp3": r"lasts 0\.\d+ s; at least 3 s are needed",
    "short.wav": r"lasts 0\.2 s; at least 3 s are needed",
    "text.flac": DAMAGED,
    "text.mp3": DAMAGED,
    "text.wav": DAMAGED,
    "zeros.m4a": DAMAGED,
    "zeros.mp3": DAMAGED,
    "zeros.wav": DAMAGED,
    **{f"random-{i}.{suffix}": f"{DAMAGED}|at least 3 s|has no audio stream|codec is not known"
       for i in range(3) for suffix in "mp3 wav flac ogg opus m4a wma aac webm".split()},
}  # fmt: skip
"""Bad files, by what must be said of them."""

CUT = [
    "cut.wav",
    "cut.flac",
    "cut.mp3",
    "cut.ogg",
    "cut.opus",
    "cut-fast.m4a",
    "cut.aiff",
    "cut.au",
]
"""Files cut in the middle, of which enough can be decoded."""

SILENT = ["silent.flac", "silent.mp3"]
"""Files in which there is nothing to hear."""

GOOD = [
    "8 channels.wav",
    "8 channels.m4a",
    "a flac named.mp3",
    "an mp3 named.wav",
    "without suffix",
    "🎸 émoji 音楽.flac",
    "two\nlines.flac",
    "bell\x07 and \x1b[31mred.flac",
    "not UTF-8 \udcff\udcfe.flac",
    "not UTF-8 \udcff.m4a",
    "x" * 245 + ".flac",
    "-",
    "-x.flac",
    "--whole",
    "a:b.flac",
    "http:x.m4a",
    "%s {} [bold] $HOME.flac",
    " spaces .flac",
]
"""Files with nothing wrong about them but name, suffix or number of channels."""


def write_bad_files(folder: Path, song: np.ndarray, write_sound) -> None:
    def write(name: str, samples: np.ndarray, **settings) -> Path:
        rate = 48000 if name.endswith((".opus", ".mkv")) else RATE
        return write_sound(folder / name, samples, rate, **settings)

    music = song[: 8 * RATE]
    for suffix in ("wav", "flac", "mp3", "ogg", "opus", "m4a"):
        whole = write(f"header-only.{suffix}", music)
        size = {"ogg": 58, "opus": 47, "mp3": 120}.get(suffix, 44)
        whole.write_bytes(whole.read_bytes()[:size])
    for suffix in ("flac", "mp3", "m4a"):
        whole = write(f"corrupt.{suffix}", music)
        noise = np.random.default_rng(5).bytes(whole.stat().st_size)
        whole.write_bytes(noise[:9000] + whole.read_bytes()[9000:9400] + noise[9400:])
    for name in [*CUT, "cut.m4a"]:
        options = {"options": {"movflags": "+faststart"}} if name == "cut-fast.m4a" else {}
        whole = write(name, song[: 20 * RATE], **options)
        whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    for suffix in ("wav", "flac", "mp3"):
        write(f"short.{suffix}", music[: RATE // 5])
    for name in SILENT:
        write(name, music * 0)
    for suffix in ("mkv", "mp4"):
        write(f"no-sound.{suffix}", music, picture=True, sound=False)
    broken = music[:, 0].copy()
    broken[9999] = np.nan
    write("nan.wav", broken, subtype="FLOAT")
    for name in REASONS:
        kind = re.split(r"-(?=\d)|\.", name, maxsplit=1)[0]
        if kind == "empty":
            (folder / name).touch()
        elif kind == "text":
            (folder / name).write_text("Dear diary, today I wrote no music.\n" * 99)
        elif kind == "zeros":
            (folder / name).write_bytes(bytes(100_000))
        elif kind == "random":
            seed = sum(name.encode())
            (folder / name).write_bytes(np.random.default_rng(seed).bytes(100_000))
    (folder / "broken-link.mp3").symlink_to("gone.mp3")
    os.mkfifo(folder / "pipe.mp3")


def write_good_files(folder: Path, song: np.ndarray, write_sound) -> None:
    music = song[: 8 * RATE]
    eight = np.concatenate([music, music[::-1], music, music], axis=1)
    write_sound(folder / "8 channels.wav", eight, RATE)
    write_sound(folder / "8 channels.m4a", eight, RATE)
    sources = {
        suffix: write_sound(folder / f"source{suffix}", music, RATE)
        for suffix in (".flac", ".mp3", ".m4a")
    }
    for name in GOOD[2:]:
        suffix = {"a flac named.mp3": ".flac", "an mp3 named.wav": ".mp3"}.get(name)
        suffix = suffix or (Path(name).suffix if Path(name).suffix in sources else ".flac")
        shutil.copy(sources[suffix], os.fsencode(folder / name))


@pytest.fixture(scope="module")
def judged(earmark, song, write_sound, tmp_path_factory):
    """Outcome of one run over all of them: the process, JSON rows and stderr lines by name."""
    if os.name != "posix":
        pytest.skip("some of these files and names are possible on POSIX systems alone")
    folder = tmp_path_factory.mktemp("bad")
    write_bad_files(folder, song, write_sound)
    write_good_files(folder, song, write_sound)
    names = [*REASONS, *CUT, *SILENT, *GOOD]
    arguments = [f"./{name}" if name.startswith("-") else name for name in names]
    process = earmark(
        "tag", "--format", "json", "--jobs", 2, *arguments, cwd=folder, errors="surrogateescape"
    )
    rows = [json.loads(line) for line in process.stdout.splitlines()]
    assert [row["path"] for row in rows] == [name.removeprefix("./") for name in arguments]
    process.rows = dict(zip(names, rows, strict=True))
    process.messages = process.stderr.splitlines()
    return process


def messages_about(judged, name: str) -> list[str]:
    return [line for line in judged.messages if f" {name}: " in line]


class TestEachCase:
    @pytest.mark.parametrize("name", REASONS)
    def test_one_line_names_file_and_reason(self, name, judged):
        row = judged.rows[name]
        assert row["status"] == "error"
        assert re.search(REASONS[name], row["error"]), row["error"]
        assert row["genre"] == []
        assert row["duration_seconds"] is None
        assert messages_about(judged, name) == [f"earmark: error: {name}: {row['error']}"]

    @pytest.mark.parametrize("name", SILENT)
    def test_silence_is_unknown(self, name, judged):
        row = judged.rows[name]
        assert row["status"] == "ok"
        assert row["unknown"] == "silence"
        assert row["genre"] == row["windows"] == []
        assert messages_about(judged, name) == []

    @pytest.mark.parametrize("name", CUT)
    def test_what_is_there_is_judged_with_a_warning(self, name, judged):
        row = judged.rows[name]
        assert row["status"] == "ok", row["error"]
        assert row["error"] is None
        assert 5 < row["duration_seconds"] < 15
        assert len(row["warnings"]) == 1
        assert re.search("breaks off after|seems cut short", row["warnings"][0])
        assert messages_about(judged, name) == [
            f"earmark: warning: {name}: {row['warnings'][0]}"
        ]  # fmt: skip

    @pytest.mark.parametrize("name", GOOD, ids=ascii)
    def test_odd_names_and_wrong_suffixes_do_no_harm(self, name, judged):
        row = judged.rows[name]
        assert row["status"] == "ok", row["error"]
        assert row["duration_seconds"] == pytest.approx(8, abs=0.1)
        assert row["warnings"] == []

    def test_the_run_says_nothing_else(self, judged):
        bad, all_files = len(REASONS), len(REASONS) + len(CUT) + len(SILENT) + len(GOOD)
        assert judged.returncode == 1
        assert "Traceback" not in judged.stderr
        assert len(judged.messages) == bad + len(CUT) + 1
        tally = f"earmark: {all_files} files: {all_files - bad} judged, {bad} failed"
        assert judged.messages[-1] == tally


@pytest.mark.skipif(os.name != "posix", reason="names that only POSIX systems allow")
class TestOddNamesInMessages:
    NAME = "no\nsuch \x1b[31m\udcff.mp3"

    @pytest.mark.parametrize("style", ["table", "csv", "json"])
    def test_they_stay_on_one_line(self, style, earmark):
        process = earmark("tag", "--format", style, self.NAME, errors="surrogateescape")
        assert process.stderr.splitlines() == [
            r"earmark: error: no\nsuch \x1b[31m\udcff.mp3: no such file",
            "earmark: 1 file: 0 judged, 1 failed",
        ]
        assert "\x1b" not in process.stderr
        if style == "table":
            assert "\x1b" not in process.stdout
            assert len(process.stdout.splitlines()) == 2
        if style == "csv":  # data: the name as it is
            assert self.NAME in process.stdout

    def test_paths_that_cannot_be(self, earmark):
        process = earmark("tag", "", "x" * 300 + ".mp3", "/dev/null", "/dev/zero")
        assert process.returncode == 1
        assert "Traceback" not in process.stderr
        for line in process.stderr.splitlines()[:-1]:
            assert line.startswith("earmark: error: ")


class TestFolders:
    def test_named_like_a_file(self, earmark, album, tmp_path):
        (tmp_path / "live.mp3").mkdir()
        shutil.copy(album[0], tmp_path / "live.mp3" / "song.opus")
        process = earmark("tag", "--format", "json", tmp_path)
        assert process.returncode == 0
        assert json.loads(process.stdout)["path"] == str(tmp_path / "live.mp3" / "song.opus")

    def test_without_audio(self, earmark, tmp_path):
        process = earmark("tag", tmp_path)
        assert (process.returncode, process.stdout) == (1, "")
        assert process.stderr == f"earmark: error: no audio files in {tmp_path}\n"


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
class TestPermissions:
    def test_file_and_folder_that_may_not_be_read(self, album, tmp_path, monkeypatch):
        """In this process, since root may read everything: it takes another user's rights."""
        from earmark import Classifier
        from earmark.batch import judge_file
        from earmark.files import find_audio

        folder = tmp_path / "music"
        (folder / "shut").mkdir(parents=True)
        for name in ("a.opus", "b.opus", "shut/c.opus"):
            shutil.copy(album[0], folder / name)
        classifier = Classifier.load()
        expected = classifier.predict(folder / "a.opus")
        (folder / "b.opus").chmod(0)
        (folder / "shut").chmod(0)
        monkeypatch.chdir(folder)  # the folders above are their owner's alone
        if os.geteuid() == 0:
            folder.chmod(0o777)
            os.seteuid(65534)
        try:
            files = list(find_audio([Path()]))
            outcomes = [judge_file(classifier, path) for path in files]
        finally:
            os.seteuid(os.getuid())
            (folder / "shut").chmod(0o700)
        assert [(str(o.path), o.error) for o in outcomes] == [
            ("a.opus", None),
            ("b.opus", "permission denied"),
            ("shut", "is a folder that may not be read"),
        ]
        assert outcomes[0].prediction == expected


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be removed on Windows")
def test_a_file_that_vanishes_while_others_are_judged(song, write_sound, tmp_path):
    first = write_sound(tmp_path / "1.wav", song[: 5 * RATE], RATE)
    slow = write_sound(tmp_path / "2.wav", np.tile(song[::6, 0], 100), 7350, subtype="PCM_U8")
    names = [first, slow, *(shutil.copy(first, tmp_path / f"{i}.wav") for i in (3, 4))]
    command = [sys.executable, "-m", "earmark", "tag", "--jobs", "1", "--whole"]
    with subprocess.Popen(
        [*command, "--format", "json", tmp_path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        rows = [json.loads(process.stdout.readline())]
        Path(names[2]).unlink()  # listed already, and not yet begun
        output, messages = process.communicate(timeout=60)
    rows += [json.loads(line) for line in output.splitlines()]
    assert [row["error"] for row in rows] == [None, None, "no such file", None]
    assert process.returncode == 1
    assert messages == (
        f"earmark: error: {names[2]}: no such file\nearmark: 4 files: 3 judged, 1 failed\n"
    )


def test_the_same_bytes_are_refused_the_same_way_again(earmark, tmp_path):
    """A worker that has seen much garbage still judges the next file."""
    random = np.random.default_rng(11)
    for i in range(60):
        suffix = "mp3 flac ogg m4a wma wav webm aac".split()[i % 8]
        (tmp_path / f"{i:02}.{suffix}").write_bytes(random.bytes(int(random.integers(1, 60_000))))
    first, second = (earmark("tag", "--format", "json", "--jobs", j, tmp_path) for j in (1, 2))
    assert first.stdout == second.stdout
    assert "Traceback" not in first.stderr + second.stderr
    assert "process that judged it died" not in first.stderr
    assert len(first.stdout.splitlines()) == 60
