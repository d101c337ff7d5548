"""`earmark extract`."""

from __future__ import annotations

from pathlib import Path

from earmark.errors import EarmarkError


def run(dataset: str, **options: object) -> None:  # noqa: ARG001
    """Not there yet."""
    raise EarmarkError("this command is being written")


def run_merge(parts: list[Path], *, out: Path) -> None:  # noqa: ARG001
    """Not there yet."""
    raise EarmarkError("this command is being written")
