"""`earmark split`."""

from __future__ import annotations

from earmark.errors import EarmarkError


def run(dataset: str, **options: object) -> None:  # noqa: ARG001
    """Not there yet."""
    raise EarmarkError("this command is being written")
