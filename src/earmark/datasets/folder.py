"""A folder of genre folders: the name of each folder is the label of what lies in it.

Where there are none, the folder's own files are tracks without a label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from earmark.datasets.base import Dataset, Track
from earmark.errors import BadDataset
from earmark.files import AUDIO_SUFFIXES
from earmark.sources import Kind


class _LabelledFolder(Dataset):
    citation = "none: your own files"
    licence = "that of the files"
    source = "your own"
    suffixes: ClassVar[frozenset[str]]

    def tracks(self) -> Sequence[Track]:
        """One track per file.

        It is named by its file name without suffix or, where several would share that, by its path
        in the data set.
        """
        try:
            inside = sorted(self.folder.iterdir())
        except OSError as error:
            raise BadDataset(f"{self.folder}: cannot be read: {error.strerror}") from error
        files: list[tuple[Path, dict[str, str]]] = [
            (path, {"genre": folder.name})
            for folder in inside
            if folder.is_dir() and not folder.name.startswith(".")
            for path in sorted(folder.rglob("*"))
            if self._is_track(path, folder)
        ] or [(path, {}) for path in inside if self._is_track(path, self.folder)]
        shared = Counter(path.stem for path, _ in files)
        found = [
            Track(
                id=path.stem
                if shared[path.stem] == 1
                else path.relative_to(self.folder).as_posix(),
                path=path,
                labels=labels,
            )
            for path, labels in files
        ]
        if not found:
            wanted = "audio" if self.kind == "audio" else "PNG"
            raise BadDataset(
                f"{self.folder}: holds no folder with {wanted} files and no such files itself; "
                "one folder per genre is expected"
            )
        return found

    def _is_track(self, path: Path, folder: Path) -> bool:
        return (
            path.suffix.lower() in self.suffixes
            and not _is_hidden(path, folder)
            and not path.is_dir()
        )


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


class AudioFolder(_LabelledFolder):
    """Folders of audio files."""

    name: ClassVar[str] = "audio"
    kind: Kind = "audio"
    summary: ClassVar[str] = "your own music: a folder of audio files per genre"
    layout: ClassVar[str] = (
        "GENRE/…/FILE.mp3, .flac, .wav or any other audio, or such files alone, which then have "
        "no genre; hidden files left out"
    )
    suffixes = AUDIO_SUFFIXES


class LogMelFolder(_LabelledFolder):
    """Folders of log-mel images in the layout of `earmark.features.log_mel_image`."""

    name: ClassVar[str] = "log-mel"
    kind: Kind = "log-mel"
    summary: ClassVar[str] = "your own log-mel images: a folder of PNG files per genre"
    layout: ClassVar[str] = (
        "GENRE/…/FILE.png, or such files alone, which then have no genre: grey, 128 rows, the "
        "lowest band at the bottom"
    )
    suffixes = frozenset({".png"})
