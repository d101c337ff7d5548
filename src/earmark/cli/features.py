"""`earmark features`."""

from __future__ import annotations

from pathlib import Path

from earmark.errors import EarmarkError


def run(file: Path, *, name: str, settings: list[str], out: Path) -> None:  # noqa: ARG001
    """Not there yet."""
    raise EarmarkError("this command is being written")
