"""A folder of genre folders: the name of each folder is the label of what lies in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from earmark.audio import AUDIO_SUFFIXES
from earmark.datasets.base import Dataset, Track
from earmark.errors import BadDataset


class _LabelledFolder(Dataset):
    citation = "none: your own files"
    licence = "that of the files"
    suffixes: ClassVar[frozenset[str]]

    def tracks(self) -> Sequence[Track]:
        """One track per file, named by its file name without suffix."""
        found = [
            Track(id=path.stem, path=path, labels={"genre": folder.name})
            for folder in sorted(self.folder.iterdir())
            if folder.is_dir() and not folder.name.startswith(".")
            for path in sorted(folder.rglob("*"))
            if path.suffix.lower() in self.suffixes and not _is_hidden(path, folder)
        ]
        if not found:
            wanted = "audio" if self.kind == "audio" else "PNG"
            raise BadDataset(
                f"{self.folder}: holds no folder with {wanted} files; "
                "one folder per genre is expected"
            )
        return found


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


class AudioFolder(_LabelledFolder):
    """Folders of audio files."""

    name: ClassVar[str] = "audio"
    kind: ClassVar[Literal["audio", "log-mel"]] = "audio"
    suffixes = AUDIO_SUFFIXES


class LogMelFolder(_LabelledFolder):
    """Folders of log-mel images in the layout of `earmark.features.log_mel_image`."""

    name: ClassVar[str] = "log-mel"
    kind: ClassVar[Literal["audio", "log-mel"]] = "log-mel"
    suffixes = frozenset({".png"})
