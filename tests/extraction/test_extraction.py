"""A data set becomes a store: every track once, failures with their reasons, kills survived."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from earmark.datasets import open_dataset
from earmark.errors import BadDataset, BadFeature, BadStore, EarmarkError
from earmark.extraction import Extraction, work
from earmark.extraction.work import extract_track
from earmark.features import FEATURES, LogMel
from earmark.sources import load_feature
from earmark.store import Store

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX systems")


def extract(folder: Path, store: Path, name: str = "audio", **settings) -> dict:
    """Results by track."""
    jobs = settings.pop("jobs", 2)
    extraction = Extraction(open_dataset(name, folder), LogMel(), store, **settings)
    return {done.row.id: done for done in extraction.run(jobs=jobs)}


class TestWholeDataSets:
    @pytest.mark.parametrize("dtype", ["float32", "float16", "uint8"])
    def test_every_array_is_what_the_file_gives(self, dtype, album, tmp_path, monkeypatch):
        # Another test may have loaded scipy, whose FFT differs in the last bits; workers never do.
        monkeypatch.delitem(sys.modules, "scipy.fft", raising=False)
        (tmp_path / "music" / "pieces").mkdir(parents=True)
        for path in album[:4]:
            shutil.copy(path, tmp_path / "music" / "pieces")
        done = extract(tmp_path / "music", tmp_path / "store", dtype=dtype)
        store = Store.open(tmp_path / "store")
        assert store.ids == tuple(path.stem for path in album[:4]) == tuple(done)
        for path in album[:4]:
            expected = load_feature(path, "audio", LogMel())
            assert (store[path.stem] == store.settings.encode(expected)).all()
            assert np.abs(store.read(path.stem) - expected).max() < 0.16

    @pytest.mark.parametrize("name", FEATURES)
    def test_every_representation(self, name, album, tmp_path):
        (tmp_path / "music" / "x").mkdir(parents=True)
        shutil.copy(album[1], tmp_path / "music" / "x" / "a.opus")
        music, feature = open_dataset("audio", tmp_path / "music"), FEATURES[name]()
        extraction = Extraction(music, feature, tmp_path / "store")
        done = extract_track(extraction.tracks[0], extraction.writer)
        assert done.row.error is None
        extraction.writer.finish([done.row])
        values = Store.open(tmp_path / "store").read("a")
        expected = load_feature(album[1], "audio", feature)
        assert values.shape == expected.shape
        assert (values == expected.astype(np.float16)).all()

    def test_images(self, miniature, tmp_path):
        extract(miniature, tmp_path / "store", "gtzan-mel", dtype="uint8")
        store = Store.open(tmp_path / "store")
        tracks = open_dataset("gtzan-mel", miniature).tracks()
        assert store.ids == tuple(track.id for track in tracks)
        for track in tracks:
            expected = load_feature(track.path, "log-mel", LogMel())
            assert np.abs(store.read(track.id) - expected).max() <= 80 / 510 + 1e-4

    def test_real_music(self, data, tmp_path, tree):
        for jobs in (1, 2):
            done = extract(data / "gtzan-audio", tmp_path / str(jobs), jobs=jobs)
            assert len(done) == 89
            assert {item.row.error for item in done.values()} == {None}
        assert tree(tmp_path / "1") == tree(tmp_path / "2")

    def test_again_does_nothing_again(self, music, whole, tree, identities, tmp_path):
        shutil.copytree(whole, tmp_path / "store")
        before = identities(tmp_path / "store")
        done = extract(music, tmp_path / "store")
        assert not any(item.new for item in done.values())
        assert identities(tmp_path / "store") == before
        assert tree(tmp_path / "store") == tree(whole)

    def test_no_path_and_no_time_is_in_it(self, music, whole, tree, tmp_path):
        shutil.copytree(music, tmp_path / "elsewhere")
        extract(tmp_path / "elsewhere", tmp_path / "store")
        assert tree(tmp_path / "store") == tree(whole)
        assert not any(str(music).encode() in (text or b"") for text in tree(whole).values())


class TestChanges:
    @pytest.fixture
    def few(self, album, tmp_path) -> Path:
        (tmp_path / "few" / "x").mkdir(parents=True)
        for i in range(3):
            shutil.copy(album[i], tmp_path / "few" / "x" / f"{i}.opus")
        return tmp_path / "few"

    def test_new_and_changed_files_are_done(self, few, album, tmp_path):
        extract(few, tmp_path / "store")
        shutil.copy(album[5], few / "x" / "1.opus")
        shutil.copy(album[6], few / "x" / "3.opus")
        done = extract(few, tmp_path / "store")
        assert {name: item.new for name, item in done.items()} == {
            "0": False,
            "1": True,
            "2": False,
            "3": True,
        }

    def test_equal_files_share_an_array(self, few, tmp_path, identities):
        shutil.copy(few / "x" / "0.opus", few / "x" / "copy.opus")
        done = extract(few, tmp_path / "store", jobs=1)
        assert done["copy"].row.key == done["0"].row.key
        assert not done["copy"].new
        assert len(identities(tmp_path / "store")) == 3
        assert len(Store.open(tmp_path / "store")) == 4

    def test_damaged_arrays_are_written_anew(self, few, tmp_path, tree):
        done = extract(few, tmp_path / "store")
        before = tree(tmp_path / "store")
        damaged, lost = (
            next((tmp_path / "store").glob(f"arrays/*/{done[i].row.key}.npy")) for i in "12"
        )
        damaged.write_bytes(damaged.read_bytes()[:-9])
        lost.unlink()
        with pytest.raises(BadStore):
            Store.open(tmp_path / "store")
        again = extract(few, tmp_path / "store")
        assert [again[i].new for i in "012"] == [False, True, True]
        assert tree(tmp_path / "store") == before

    def test_a_file_that_changes_while_it_is_read(self, few, tmp_path, monkeypatch):
        real = work.feature_blocks

        def slow(path, kind, feature):
            yield from real(path, kind, feature)
            path.write_bytes(path.read_bytes() + b"more")

        monkeypatch.setattr(work, "feature_blocks", slow)
        extraction = Extraction(open_dataset("audio", few), LogMel(), tmp_path / "store")
        done = extract_track(extraction.tracks[0], extraction.writer)
        assert done.row.error == "was changed while it was read"
        assert list((tmp_path / "store").glob("arrays/*/*")) == []


class TestBadFiles:
    @pytest.fixture
    def mixed(self, album, song, write_sound, tmp_path) -> Path:
        folder = tmp_path / "mixed"
        (folder / "x").mkdir(parents=True)
        shutil.copy(album[0], folder / "x" / "good.opus")
        (folder / "x" / "empty.mp3").touch()
        (folder / "x" / "text.mp3").write_text("Dear diary, I wrote no music today.\n" * 99)
        whole = write_sound(folder / "x" / "cut.wav", song, 44100).read_bytes()
        (folder / "x" / "cut.wav").write_bytes(whole[: len(whole) // 2])
        (folder / "x" / "head.wav").write_bytes(whole[:44])
        return folder

    def test_each_has_its_reason_and_the_rest_goes_on(self, mixed, tmp_path):
        done = extract(mixed, tmp_path / "store")
        store = Store.open(tmp_path / "store")
        assert store.ids == ("cut", "good")
        assert store.failures == {
            "empty": "is empty",
            "head": "too short: 0 samples are too few for one column",
            "text": "not audio, or damaged from the start",
        }
        assert all(item.new for item in done.values())
        assert store.feature.shape(13)[1] == pytest.approx(store.columns("cut"), abs=1)

    def test_they_are_not_tried_again_until_they_change(self, mixed, album, tmp_path, identities):
        extract(mixed, tmp_path / "store")
        before = identities(tmp_path / "store")
        done = extract(mixed, tmp_path / "store")
        assert not any(item.new for item in done.values())
        assert identities(tmp_path / "store") == before
        shutil.copy(album[2], mixed / "x" / "text.mp3")
        done = extract(mixed, tmp_path / "store")
        assert [name for name, item in done.items() if item.new] == ["text"]
        assert "text" in Store.open(tmp_path / "store")

    @posix
    def test_what_is_not_there_is_tried_again(self, mixed, tmp_path):
        (mixed / "x" / "link.wav").symlink_to(tmp_path / "later.wav")
        os.mkfifo(mixed / "x" / "pipe.wav")
        done = extract(mixed, tmp_path / "store")
        assert done["link"].row.error == "no such file or directory"
        assert done["pipe"].row.error == "is not a regular file"
        shutil.copy(mixed / "x" / "cut.wav", tmp_path / "later.wav")
        assert extract(mixed, tmp_path / "store")["link"].row.error is None

    @posix
    def test_names_of_any_bytes(self, album, tmp_path):
        folder = tmp_path / "odd"
        (folder / "x").mkdir(parents=True)
        names = ["a\udcffb", "two\nlines", "🎸 音楽", " spaces ", "-x", "%s {} [bold]"]
        for name, path in zip(names, album, strict=False):
            shutil.copy(path, os.fsencode(folder / "x" / f"{name}.opus"))
        extract(folder, tmp_path / "store")
        store = Store.open(tmp_path / "store")
        assert sorted(store.ids) == sorted(names)
        assert all(store.read(name).shape[0] == 128 for name in names)

    def test_what_lies_elsewhere_is_fetched(self, album, tmp_path, monkeypatch):
        monkeypatch.setenv("EARMARK_CACHE", str(tmp_path / "cache"))
        with zipfile.ZipFile(tmp_path / "away.zip", "w") as archive:
            archive.write(album[1], "a.opus")
        away = f"::{(tmp_path / 'away.zip').as_uri()}"
        lines = ["id,path,genre", f"a,zip://a.opus{away},jazz", f"b,zip://b.opus{away},jazz"]
        (tmp_path / "list").mkdir()
        (tmp_path / "list" / "manifest.csv").write_text("\n".join(lines) + "\n")
        done = extract(tmp_path / "list" / "manifest.csv", tmp_path / "store", "manifest")
        assert done["a"].row.error is None
        assert done["b"].row.error.startswith("cannot be fetched from zip://b.opus::")
        assert len(list((tmp_path / "cache").iterdir())) == 1

    @posix
    def test_a_worker_that_dies_costs_its_own_file(self, mixed, tmp_path, write_sound, children_of):
        hours = np.zeros(8000 * 3600 * 2, np.float32)
        write_sound(mixed / "x" / "long.wav", hours, 8000, subtype="PCM_U8")
        extraction = Extraction(open_dataset("audio", mixed), LogMel(), tmp_path / "store")
        done = {}
        killed = False
        for item in extraction.run(jobs=1):
            done[item.row.id] = item
            if item.row.id == "head":  # the next is long
                time.sleep(0.3)
                for pid, command in children_of(os.getpid()).items():
                    if "earmark.worker" in command:
                        os.kill(pid, signal.SIGKILL)
                        killed = True
        assert killed
        assert done["long"].row.error == "the process that worked on it died (signal 9)"
        assert done["text"].row.error == "not audio, or damaged from the start"
        assert list((tmp_path / "store" / "unfinished").iterdir()) == []
        again = extract(mixed, tmp_path / "store")
        assert again["long"].row.error is None
        assert [name for name, item in again.items() if item.new] == ["long"]


class TestRefusals:
    def test_two_tracks_of_one_name(self, music, tmp_path):
        dataset = open_dataset("audio", music)
        tracks = dataset.tracks()
        dataset.tracks = lambda: [*tracks, tracks[3]]
        with pytest.raises(BadDataset, match=f"two tracks have the name '{tracks[3].id}'"):
            Extraction(dataset, LogMel(), tmp_path / "store")

    def test_images_that_cannot_give_the_feature(self, miniature, tmp_path):
        with pytest.raises(BadFeature, match="log-mel cannot be had from the images of gtzan-mel"):
            Extraction(open_dataset("gtzan-mel", miniature), LogMel(bands=64), tmp_path / "store")
        assert not (tmp_path / "store").exists()

    def test_pictures_that_cannot_give_the_feature(self, tmp_path):
        (tmp_path / "images_original" / "jazz").mkdir(parents=True)
        dataset = open_dataset("audio", tmp_path)
        dataset.kind, dataset.tracks = "image", list
        with pytest.raises(BadFeature, match=r"log-mel cannot be had .* which give pictures only"):
            Extraction(dataset, LogMel(), tmp_path / "store")

    def test_a_store_that_vanishes_stops_the_work(self, music, tmp_path):
        extraction = Extraction(open_dataset("audio", music), LogMel(), tmp_path / "store")
        shutil.rmtree(tmp_path / "store" / "unfinished")
        with pytest.raises(EarmarkError, match="store: cannot be written: no such file"):
            list(extraction.run(jobs=2))


@posix
def test_a_full_disk_is_said_once_and_damages_nothing(earmark, music, whole, tree, tmp_path):
    import resource

    store = tmp_path / "store"
    options = ["extract", f"audio={music}", "--out", store, "--jobs", 2]
    limit = (200_000, 200_000)  # the arrays are larger
    process = earmark(*options, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    assert process.returncode == 1
    assert process.stdout == ""
    assert process.stderr == (
        f"earmark: error: {store}: cannot be written: file too large; "
        "what is finished stays, and the same command goes on from there\n"
    )
    assert earmark(*options).returncode == 0
    assert tree(store) == tree(whole)


@posix
class TestKill:
    """SIGKILL at random moments, again and again, until it is done."""

    def start(self, music: Path, store: Path, *options: object) -> subprocess.Popen:
        command = [sys.executable, "-m", "earmark", "extract", f"audio={music}", "--out", store]
        return subprocess.Popen(
            [*map(str, command), *map(str, options)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @pytest.mark.parametrize(("whom", "jobs"), [("all", 2), ("parent", 1)])
    def test_nothing_is_lost_and_nothing_done_twice(
        self, whom, jobs, music, whole, tree, identities, tmp_path
    ):
        store = tmp_path / "store"
        chance = random.Random(f"{whom} {jobs}")
        kept: dict[str, tuple[int, int]] = {}
        kills = 0
        for stop_at in (1, 4, 8, 12, None):
            with self.start(music, store, "--jobs", jobs) as process:
                while stop_at and process.poll() is None and len(identities(store)) < stop_at:
                    time.sleep(0.002)
                if stop_at:
                    time.sleep(chance.uniform(0, 0.05))
                    kill = os.killpg if whom == "all" else os.kill
                    kill(process.pid, signal.SIGKILL)
                    process.wait()
                    kills += process.returncode == -signal.SIGKILL
                    assert not (store / "index.jsonl").exists()
                else:
                    _, message = process.communicate(timeout=60)
                    assert process.returncode == 0, message
                    expected = f"24 tracks: {24 - len(kept)} extracted, {len(kept)} already there"
                    assert expected in message
            now = identities(store)
            assert kept.items() <= now.items()
            if whom == "parent":  # its workers end a moment later
                time.sleep(0.3)
                now = identities(store)
            kept = now
        assert kills == 4
        assert tree(store) == tree(whole)

    def test_ctrl_c_says_how_to_go_on(self, music, whole, tree, identities, tmp_path):
        store = tmp_path / "store"
        with self.start(music, store, "--jobs", 1) as process:
            while len(identities(store)) < 2:
                time.sleep(0.002)
            os.killpg(process.pid, signal.SIGINT)
            _, message = process.communicate(timeout=20)
        assert process.returncode == 130
        assert message.splitlines()[-1].endswith("left; the same command goes on from there")
        extract(music, store)
        assert tree(store) == tree(whole)
