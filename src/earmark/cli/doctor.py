"""`earmark doctor`."""

from __future__ import annotations

from pathlib import Path

from earmark.errors import EarmarkError


def run(dataset: str, *, split: Path | None, html: Path | None, jobs: int | None) -> None:  # noqa: ARG001
    """Not there yet."""
    raise EarmarkError("this command is being written")
