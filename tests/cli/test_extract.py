"""`earmark extract` and `earmark merge` as a user meets them: options, messages, exit codes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from earmark.cli.extract import seconds_of
from earmark.features import FEATURES, LogMel
from earmark.store import Store


@pytest.fixture
def music(album, tmp_path) -> Path:
    """Three tracks and a file that is no music."""
    folder = tmp_path / "music"
    (folder / "x").mkdir(parents=True)
    for i in range(3):
        shutil.copy(album[i], folder / "x" / f"{i}.opus")
    (folder / "x" / "text.mp3").write_text("Dear diary, I wrote no music today.\n" * 99)
    return folder


class TestExtract:
    def test_store_on_stdout_and_one_line_of_counts(self, earmark, music, tmp_path):
        (music / "x" / "text.mp3").unlink()
        process = earmark("extract", f"audio={music}", "--out", tmp_path / "store")
        assert process.returncode == 0
        assert process.stdout == f"{tmp_path / 'store'}\n"
        assert re.fullmatch(
            r"earmark: 3 tracks: 3 extracted, 0 already there, 0 failed "
            r"\(\d+ s of music per second\)\n",
            process.stderr,
        )
        again = earmark("extract", f"audio={music}", "--out", tmp_path / "store")
        assert again.returncode == 0
        assert again.stderr == "earmark: 3 tracks: 0 extracted, 3 already there, 0 failed\n"

    def test_a_bad_file_is_named_and_the_exit_code_says_so(self, earmark, music, tmp_path):
        reason = "text: not audio, or damaged from the start"
        for counts in ("3 extracted, 0 already there", "0 extracted, 3 already there"):
            process = earmark("extract", f"audio={music}", "--out", tmp_path / "store")
            assert process.returncode == 1
            assert process.stdout == f"{tmp_path / 'store'}\n"
            first, second = process.stderr.splitlines()
            assert first == f"earmark: error: {reason}"
            assert second.startswith(f"earmark: 4 tracks: {counts}, 1 failed")
        assert Store.open(tmp_path / "store").ids == ("0", "1", "2")

    def test_options_reach_the_store(self, earmark, music, tmp_path):
        options = ["--features", "log-mel", "--set", "bands=40", "--set", "mel=htk"]
        process = earmark(
            "extract", f"audio={music}", "--out", tmp_path / "s", *options, "--dtype", "uint8"
        )
        store = Store.open(tmp_path / "s")
        assert process.returncode == 1
        assert store.feature == LogMel(bands=40, mel="htk")
        assert store["0"].dtype == np.uint8
        assert store["0"].shape[0] == 40

    def test_parts_and_merge(self, earmark, music, tmp_path):
        for part in (1, 2):
            earmark(
                "extract", f"audio={music}", "--out", tmp_path / str(part), "--shard", f"{part}/2"
            )
        process = earmark("merge", tmp_path / "1", tmp_path / "2", "--out", tmp_path / "whole")
        assert process.returncode == 1
        assert process.stdout == f"{tmp_path / 'whole'}\n"
        assert process.stderr == "earmark: 4 tracks: 3 in the store, 1 failed\n"
        assert Store.open(tmp_path / "whole").ids == ("0", "1", "2")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--shard", "0/3"], "--shard 0/3: write I/N, such as 1/4 to 4/4 for four parts"),
            (["--shard", "4/3"], "--shard 4/3: write I/N"),
            (["--shard", "half"], "--shard half: write I/N"),
            (["--scheduler", "tcp://a:1"], "--scheduler is for --engine dask"),
            (["--features", "log-mle"], "did you mean 'log-mel'?"),
            (["--set", "band=3"], "did you mean 'bands'?"),
            (["--features", "mfcc", "--dtype", "uint8"], "cannot be stored as uint8"),
        ],
    )
    def test_wrong_use(self, options, message, earmark, music, tmp_path):
        process = earmark("extract", f"audio={music}", "--out", tmp_path / "store", *options)
        assert process.returncode == 2
        assert process.stdout == ""
        (line,) = process.stderr.splitlines()
        assert line.startswith("earmark: error: ")
        assert message in line
        assert not (tmp_path / "store").exists()

    def test_another_feature_in_an_old_store(self, earmark, music, tmp_path):
        earmark("extract", f"audio={music}", "--out", tmp_path / "store")
        process = earmark(
            "extract", f"audio={music}", "--out", tmp_path / "store", "--set", "hop=9"
        )
        assert process.returncode == 2
        assert "hop=512" in process.stderr
        assert process.stderr.endswith("take another folder\n")

    @pytest.mark.parametrize("name", ["nowhere", "audio", "audio="])
    def test_no_such_data_set(self, name, earmark, tmp_path):
        process = earmark("extract", name, "--out", tmp_path / "store")
        assert process.returncode == 2
        assert len(process.stderr.splitlines()) == 1

    def test_a_folder_that_cannot_be_written(self, earmark, music, tmp_path):
        (tmp_path / "file").touch()
        process = earmark("extract", f"audio={music}", "--out", tmp_path / "file" / "store")
        assert process.returncode == 1
        assert "cannot be written: " in process.stderr
        assert len(process.stderr.splitlines()) == 1


class TestMerge:
    def test_a_missing_part(self, earmark, music, tmp_path):
        earmark("extract", f"audio={music}", "--out", tmp_path / "1", "--shard", "1/2")
        process = earmark("merge", tmp_path / "1", "--out", tmp_path / "whole")
        assert process.returncode == 2
        assert process.stderr == (
            "earmark: error: part 2 of 2 is missing; make it by `earmark extract --shard 2/2`\n"
        )
        assert not (tmp_path / "whole").exists()


@pytest.mark.parametrize("name", FEATURES)
def test_how_long_the_music_was(name):
    feature = FEATURES[name]()
    seconds = seconds_of(feature, feature.shape(200.0))
    if feature.time_axis is None:
        assert seconds == 0
    else:
        assert seconds == pytest.approx(200, abs=35 if name == "slices" else 1)
