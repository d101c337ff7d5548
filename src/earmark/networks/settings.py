"""Checks of settings that networks share; each message names the setting and its value."""

from __future__ import annotations

from typing import Any


def check_sizes(settings: Any, *names: str) -> None:
    """Each must be a list of whole numbers of at least 1, and all must be of one length."""
    for name in names:
        value = getattr(settings, name)
        listed = isinstance(value, tuple) and value
        if not listed or any(type(size) is not int or size < 1 for size in value):
            raise ValueError(f"{name} must be a list of whole numbers of at least 1, not {value!r}")
    if len({len(getattr(settings, name)) for name in names}) > 1:
        raise ValueError(f"{', '.join(names)} must have one number per layer each")


def check_share(settings: Any, name: str) -> None:
    """It must be at least 0 and below 1."""
    value = getattr(settings, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, not {value!r}")
