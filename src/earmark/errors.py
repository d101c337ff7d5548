"""The errors that Earmark raises, each worded for the person who reads it.

Every message is one line: what is wrong, with which file or setting, and, where it is not
obvious, what to do. The command line prints the message and nothing else.
"""

from __future__ import annotations

from pathlib import Path


class EarmarkError(Exception):
    """Base of all errors that Earmark raises on purpose."""


class UnreadableFile(EarmarkError):
    """A file cannot be used.

    Attributes:
        reason: what is wrong, without the file's name.
        path: the file, where there is one.
    """

    def __init__(self, reason: str, path: Path | None = None) -> None:
        super().__init__(reason if path is None else f"{path}: {reason}")
        self.reason = reason
        self.path = path


class UnreadableAudio(UnreadableFile):
    """Sound cannot be judged: missing, not audio, damaged, silent or too short."""


class UnreadableImage(UnreadableFile):
    """A file is not a log-mel image in the layout that Earmark reads."""


class BadSeries(UnreadableFile):
    """Nothing can be forecast from a series: it has gaps, holds text, is too short or constant."""


class BadBundle(EarmarkError):
    """A model bundle is missing, damaged, or made for something else."""


class BadDataset(EarmarkError):
    """A folder does not hold the data set that it was said to hold."""


class BadSplit(EarmarkError):
    """A split names unknown tracks, or puts one track or artist on two sides."""


class BadFeature(EarmarkError):
    """A representation is unknown, has an impossible setting, or cannot be had from this source."""


class BadStore(EarmarkError):
    """A feature store is missing, damaged, or made with other settings."""


class BadRecipe(EarmarkError):
    """A training recipe has an unknown key or an impossible value."""


class BadRun(EarmarkError):
    """A folder is not that of a finished run, or runs cannot be compared."""


class MissingExtra(EarmarkError):
    """A command needs an optional part of Earmark that is not installed."""
