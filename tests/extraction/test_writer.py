"""Finished files appear at once or not at all, whoever is killed; nothing else is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from earmark.errors import BadStore, EarmarkError, UnreadableFile
from earmark.extraction.writer import StoreWriter
from earmark.features import LogMel
from earmark.store import Row, Store, StoreSettings
from earmark.store.layout import array_path

SETTINGS = StoreSettings(feature=LogMel(), dtype="float16", dataset="audio", kind="audio")
KEY = SETTINGS.key("ab" * 32)

locks = pytest.mark.skipif(os.name != "posix", reason="elsewhere only age says who is dead")

WRITER = """
import sys, numpy as np
from pathlib import Path
from earmark.extraction.writer import StoreWriter
def blocks():
    for i in range(100):
        yield np.full((128, 1000), -i, np.float32)
        if i == 9:
            print("half-way", flush=True)
            sys.stdin.read()
writer = StoreWriter.reopen(Path(sys.argv[1]))
writer.write(sys.argv[2], blocks())
"""


@pytest.fixture
def writer(tmp_path) -> StoreWriter:
    return StoreWriter.create(tmp_path / "store", SETTINGS)


@pytest.fixture
def half_way(writer):
    """A process that stands in the middle of writing an array."""
    command = [sys.executable, "-c", WRITER, str(writer.folder), KEY]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "half-way\n"
        yield process
        process.kill()


def unfinished(writer: StoreWriter) -> list[Path]:
    return list((writer.folder / "unfinished").iterdir())


class TestArrays:
    @pytest.mark.parametrize("cuts", [(), (100,), (1, 2, 386), tuple(range(1, 387))])
    def test_the_file_does_not_depend_on_the_blocks(self, cuts, writer, log_mels):
        log_mel = np.resize(log_mels["jazz"], (128, 387))
        assert writer.find(KEY) is None
        assert writer.write(KEY, np.split(log_mel, cuts, axis=1)) == (128, 387)
        assert writer.find(KEY) == (128, 387)
        assert (np.load(array_path(writer.folder, KEY)) == log_mel.T.astype(np.float16)).all()
        assert unfinished(writer) == []

    @pytest.mark.parametrize("value", [1e6, np.inf, np.nan])
    @pytest.mark.parametrize("dtype", ["float32", "float16", "uint8"])
    def test_what_cannot_be_held_is_refused(self, dtype, value, tmp_path):
        writer = StoreWriter.create(tmp_path, replace(SETTINGS, dtype=dtype))
        blocks = [np.zeros((128, 5), np.float32), np.full((128, 5), value, np.float32)]
        if dtype != "float16" and value == 1e6:  # as uint8 the last level
            assert writer.write(KEY, blocks) == (128, 10)
            return
        with pytest.raises(UnreadableFile, match=f"gives values that {dtype} cannot hold"):
            writer.write(KEY, blocks)
        assert writer.find(KEY) is None
        assert unfinished(writer) == []

    def test_no_blocks(self, writer):
        with pytest.raises(UnreadableFile, match="gives no values"):
            writer.write(KEY, [])

    def test_what_the_blocks_raise_comes_through_and_leaves_nothing(self, writer):
        def blocks():
            yield np.zeros((128, 5), np.float32)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            writer.write(KEY, blocks())
        assert writer.find(KEY) is None
        assert unfinished(writer) == []

    def test_a_reason_takes_the_place_of_an_array(self, writer):
        writer.refuse(KEY, "is empty — “really”")
        assert writer.find(KEY) == "is empty — “really”"

    @pytest.mark.parametrize("damage", ["head", "short", "long", "empty"])
    def test_a_damaged_array_counts_as_none(self, damage, writer, log_mels):
        writer.write(KEY, [log_mels["jazz"]])
        path = array_path(writer.folder, KEY)
        good = path.read_bytes()
        path.write_bytes(
            {"head": b"x" + good[1:], "short": good[:-2], "long": good + b"x", "empty": b""}[damage]
        )
        assert writer.find(KEY) is None
        writer.write(KEY, [log_mels["jazz"]])
        assert path.read_bytes() == good


class TestKilledWriters:
    def test_half_an_array_is_never_seen(self, writer, half_way):
        assert len(unfinished(writer)) == 1
        assert writer.find(KEY) is None
        half_way.kill()
        half_way.wait()
        assert writer.find(KEY) is None
        assert len(unfinished(writer)) == 1

    @locks
    def test_what_the_dead_left_is_removed_and_what_the_living_write_is_not(self, writer, half_way):
        StoreWriter.create(writer.folder, SETTINGS)
        assert len(unfinished(writer)) == 1
        half_way.stdin.close()  # it goes on, undisturbed
        assert half_way.wait(20) == 0
        assert writer.find(KEY) == (128, 100_000)
        assert unfinished(writer) == []

        with subprocess.Popen(half_way.args, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as late:
            late.stdout.readline()
            late.kill()
        assert len(unfinished(writer)) == 1
        writer.finish([Row(id="a", key=KEY, shape=(128, 100_000))])
        assert unfinished(writer) == []
        assert Store.open(writer.folder).columns("a") == 100_000

    def test_without_locks_age_says_who_is_dead(self, writer, half_way, monkeypatch):
        """As on Windows and on some network disks."""
        monkeypatch.setattr("earmark.extraction.unfinished.fcntl", None)
        half_way.kill()
        half_way.wait()
        (path,) = unfinished(writer)
        StoreWriter.create(writer.folder, SETTINGS)
        assert unfinished(writer) == [path]
        os.utime(path, (time.time() - 90_000,) * 2)
        StoreWriter.create(writer.folder, SETTINGS)
        assert unfinished(writer) == []

    @locks
    def test_what_is_written_for_days_is_not_removed(self, writer, half_way):
        (path,) = unfinished(writer)
        os.utime(path, (time.time() - 90_000,) * 2)
        StoreWriter.create(writer.folder, SETTINGS)
        assert unfinished(writer) == [path]

    @locks
    def test_a_file_that_is_swept_before_it_is_locked_is_begun_anew(self, writer, monkeypatch):
        from earmark.extraction import unfinished as module

        real, paths = module._lock, []

        def late(file):
            if not paths:
                paths.extend(unfinished(writer))
                module.sweep(writer.folder / "unfinished")
            return real(file)

        monkeypatch.setattr(module, "_lock", lambda file: real(file) if paths else late(file))
        writer.refuse(KEY, "is empty")
        assert len(paths) == 1
        assert not paths[0].exists()
        assert writer.find(KEY) == "is empty"

    def test_two_write_the_same_array_at_once(self, writer, half_way):
        blocks = [np.full((128, 1000), -i, np.float32) for i in range(100)]
        writer.write(KEY, blocks)
        expected = array_path(writer.folder, KEY).read_bytes()
        half_way.stdin.close()
        assert half_way.wait(20) == 0
        assert array_path(writer.folder, KEY).read_bytes() == expected


class TestFolders:
    def test_the_same_settings_go_on(self, writer):
        writer.refuse(KEY, "is empty")
        assert StoreWriter.create(writer.folder, SETTINGS).find(KEY) == "is empty"
        assert StoreWriter.reopen(writer.folder).settings == SETTINGS

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"dtype": "uint8"}, "dtype float16 instead of uint8"),
            ({"dataset": "gtzan"}, "dataset audio instead of gtzan"),
            ({"feature": LogMel(bands=64)}, "feature .*bands=128.* instead of .*bands=64"),
        ],
    )
    def test_other_settings_are_refused(self, changes, reason, writer):
        with pytest.raises(BadStore, match=f"{reason}.*; take another folder"):
            StoreWriter.create(writer.folder, replace(SETTINGS, **changes))

    def test_a_folder_of_other_things_is_refused_and_left_alone(self, tmp_path):
        (tmp_path / "thesis.tex").touch()
        with pytest.raises(BadStore, match="neither empty nor a feature store"):
            StoreWriter.create(tmp_path, SETTINGS)
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]

    def test_what_was_killed_before_it_said_what_it_is_goes_on(self, writer):
        (writer.folder / "store.json").unlink()
        StoreWriter.create(writer.folder, SETTINGS)
        assert StoreWriter.reopen(writer.folder).settings == SETTINGS

    def test_a_folder_that_cannot_be_made(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(EarmarkError, match=r"store: cannot be written: .*goes on from there"):
            StoreWriter.create(tmp_path / "file" / "store", SETTINGS)

    def test_a_full_disk_is_said_and_leaves_nothing(self, writer, log_mels):
        resource = pytest.importorskip("resource", reason="limits of POSIX systems")
        signal = pytest.importorskip("signal")
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
        try:
            with pytest.raises(EarmarkError, match="cannot be written: file too large"):
                writer.write(KEY, [log_mels["jazz"]])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, ignored)
        assert writer.find(KEY) is None
        assert unfinished(writer) == []
        writer.write(KEY, [log_mels["jazz"]])
        assert writer.find(KEY) == log_mels["jazz"].shape
