"""`earmark datasets`."""

from __future__ import annotations

from pathlib import Path

from earmark.errors import EarmarkError


def run(name: str | None, folder: Path | None) -> None:  # noqa: ARG001
    """Not there yet."""
    raise EarmarkError("this command is being written")
