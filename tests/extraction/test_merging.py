"""Parts make up the store that one process writes, byte for byte, or are refused in words."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from earmark.datasets import open_dataset
from earmark.errors import BadStore
from earmark.extraction import Extraction, merge
from earmark.features import LogMel
from earmark.store import Store


@pytest.fixture(scope="module")
def small(album, tmp_path_factory) -> Path:
    """Seven tracks, among them two of one content and one that is no music."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "x").mkdir()
    for i, piece in enumerate([0, 1, 2, 1, 3]):
        shutil.copy(album[piece], folder / "x" / f"{i}.opus")
    (folder / "x" / "5.mp3").write_text("no music at all")
    (folder / "x" / "6.mp3").symlink_to("nowhere")
    return folder


def extract(music: Path, store: Path, part: int = 1, parts: int = 1, **settings) -> Path:
    feature = settings.pop("feature", LogMel())
    dataset = open_dataset(settings.pop("name", "audio"), music)
    for _ in Extraction(dataset, feature, store, part=part, parts=parts, **settings).run():
        pass
    return store


@pytest.fixture(scope="module")
def single(small, tmp_path_factory) -> Path:
    return extract(small, tmp_path_factory.mktemp("single"))


class TestMerging:
    @pytest.mark.parametrize("parts", [1, 2, 3, 9])
    def test_folders_of_their_own(self, parts, small, single, tree, tmp_path):
        folders = [
            extract(small, tmp_path / str(part), part, parts) for part in range(1, parts + 1)
        ]
        if parts == 1:
            with pytest.raises(BadStore, match="holds no finished part"):
                merge(folders, tmp_path / "out")
            return
        rows = merge(folders[::-1], tmp_path / "out")
        assert [row.id for row in rows] == list("0123456")
        assert tree(tmp_path / "out") == tree(single)

    def test_one_folder_for_all(self, small, single, tree, tmp_path):
        store = tmp_path / "store"
        for part in (2, 3, 1):
            extract(small, store, part, 3)
            with pytest.raises(BadStore, match="join its parts: earmark merge"):
                Store.open(store)
        merge([store], store)
        assert tree(store) == tree(single)

    def test_arrays_of_another_disk_are_copied(self, small, single, tree, tmp_path, monkeypatch):
        folders = [extract(small, tmp_path / str(part), part, 2) for part in (1, 2)]

        def refuse(self, target):
            raise OSError(18, "Invalid cross-device link")

        monkeypatch.setattr(Path, "hardlink_to", refuse)
        merge(folders, tmp_path / "out")
        assert tree(tmp_path / "out") == tree(single)
        before = tree(folders[0])
        for path in tmp_path.glob("out/arrays/*/*"):
            path.write_bytes(b"")
        assert tree(folders[0]) == before

    def test_a_whole_extraction_makes_parts_needless(self, small, single, tree, tmp_path):
        store = extract(small, tmp_path / "store", 1, 2)
        extract(small, store)
        assert tree(store) == tree(single)

    def test_real_music(self, data, tree, tmp_path):
        folders = [
            extract(data / "gtzan-mel", tmp_path / str(part), part, 4, name="gtzan-mel")
            for part in range(1, 5)
        ]
        merge(folders, tmp_path / "out")
        whole = extract(data / "gtzan-mel", tmp_path / "whole", name="gtzan-mel")
        assert len(Store.open(whole)) == 639
        assert tree(tmp_path / "out") == tree(whole)


class TestRefusals:
    @pytest.fixture
    def first(self, small, tmp_path) -> Path:
        return extract(small, tmp_path / "first", 1, 2)

    def refused(self, folders: list[Path], out: Path, reason: str) -> None:
        with pytest.raises(BadStore, match=reason):
            merge(folders, out)
        assert not (out / "index.jsonl").exists()

    def test_a_missing_part(self, first, tmp_path):
        self.refused(
            [first], tmp_path / "out", r"part 2 of 2 is missing; .*`earmark extract --shard 2/2`"
        )

    @pytest.mark.parametrize(
        ("settings", "reason"),
        [
            ({"dtype": "uint8"}, "second: holds dtype uint8 instead of float16"),
            ({"feature": LogMel(hop=256)}, r"second: holds feature .*hop=256.*instead of"),
        ],
    )
    def test_other_settings(self, settings, reason, first, small, tmp_path):
        second = extract(small, tmp_path / "second", 2, 2, **settings)
        self.refused([first, second], tmp_path / "out", reason)

    def test_another_data_set(self, first, miniature, tmp_path):
        second = extract(miniature, tmp_path / "second", 2, 2, name="gtzan-mel")
        self.refused([first, second], tmp_path / "out", "dataset gtzan-mel instead of audio")

    def test_another_state_of_the_data_set(self, first, small, album, tmp_path):
        shutil.copytree(small, tmp_path / "later", symlinks=True)
        shutil.copy(album[9], tmp_path / "later" / "x" / "7.opus")
        second = extract(tmp_path / "later", tmp_path / "second", 2, 2)
        self.refused([first, second], tmp_path / "out", "second.*was made from other tracks than")

    def test_the_same_part_twice(self, first, tmp_path):
        shutil.copytree(first, tmp_path / "second")
        reason = "are the same part; give one of them"
        self.refused([first, tmp_path / "second"], tmp_path / "out", reason)

    def test_parts_of_another_number(self, first, small, tmp_path):
        second = extract(small, tmp_path / "second", 2, 3)
        self.refused([first, second], tmp_path / "out", "are cut differently")

    def test_a_row_too_few(self, first, small, tmp_path):
        second = extract(small, tmp_path / "second", 2, 2)
        index = second / "index-2-of-2.jsonl"
        index.write_text("\n".join(index.read_text().splitlines()[:-1]) + "\n")
        self.refused([first, second], tmp_path / "out", "the parts do not make up the whole")

    @pytest.mark.parametrize("text", ["", "{", "[1]\n", '{"tracks": 7}\n{"id": 3}\n'])
    def test_a_damaged_index(self, text, first, small, tmp_path):
        second = extract(small, tmp_path / "second", 2, 2)
        (second / "index-2-of-2.jsonl").write_text(text)
        self.refused([first, second], tmp_path / "out", "damaged|from other tracks")

    @pytest.mark.parametrize("damage", ["lost", "short"])
    def test_a_damaged_array(self, damage, first, small, tmp_path):
        second = extract(small, tmp_path / "second", 2, 2)
        path = next(second.glob("arrays/*/*.npy"))
        path.unlink() if damage == "lost" else path.write_bytes(path.read_bytes()[:-1])
        self.refused([first, second], tmp_path / "out", r"npy: what it holds of \d is missing or")

    def test_no_store(self, first, tmp_path):
        self.refused([first, tmp_path], tmp_path / "out", "is not a feature store")
