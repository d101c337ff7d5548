"""Checks of settings that families share; each message names the setting and its value."""

from __future__ import annotations

from typing import Any


def check_positive(settings: Any, *names: str) -> None:
    """Each must be a number above 0, and finite."""
    for name in names:
        value = getattr(settings, name)
        if not _is_number(value) or not 0 < value < float("inf"):
            raise ValueError(f"{name} must be a number above 0, not {value!r}")


def check_share(settings: Any, name: str) -> None:
    """It must be above 0 and at most 1."""
    value = getattr(settings, name)
    if not _is_number(value) or not 0 < value <= 1:
        raise ValueError(f"{name} must be above 0 and at most 1, not {value!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
