"""Checks of settings that representations share; each message names the setting and its value."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


def check_counts(settings: Any, *names: str) -> None:
    """Each must be a whole number of at least 1."""
    for name in names:
        value = getattr(settings, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")


def check_even(settings: Any, *names: str) -> None:
    """Each must be even."""
    for name in names:
        if getattr(settings, name) % 2:
            raise ValueError(f"{name} must be even, not {getattr(settings, name)}")


def check_choice(settings: Any, name: str, choices: Collection[str]) -> None:
    """It must be one of those words."""
    value = getattr(settings, name)
    if value not in choices:
        raise ValueError(f"{name} must be one of {tuple(choices)}, not {value!r}")


def check_flag(settings: Any, name: str) -> None:
    """It must be true or false."""
    value = getattr(settings, name)
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {value!r}")


def check_positive(settings: Any, name: str, unit: str) -> None:
    """It must be above 0, and finite."""
    value = getattr(settings, name)
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} must be above 0 {unit}, not {value:g}")


def check_band_edges(settings: Any) -> None:
    """`f_min` and `f_max` must lie in order between 0 and half of `rate`."""
    if not 0 <= settings.f_min < settings.f_max <= settings.rate / 2:
        raise ValueError(
            f"f_min and f_max must lie in order between 0 and {settings.rate / 2:g} Hz, "
            f"not {settings.f_min:g} and {settings.f_max:g}"
        )


def check_ascending(settings: Any, name: str, limit: float, unit: str) -> None:
    """They must be numbers that ascend between 0 and a limit, neither of which they reach."""
    values = getattr(settings, name)
    if not are_numbers(values, int | float) or not (
        values and sorted(set(values)) == list(values) and 0 < values[0] <= values[-1] < limit
    ):
        raise ValueError(f"{name} must ascend between 0 and {limit:.3g} {unit}, not {values!r}")


def are_numbers(values: Any, kind: Any) -> bool:
    """Whether it is a tuple of numbers of that kind."""
    return isinstance(values, tuple) and all(
        isinstance(value, kind) and not isinstance(value, bool) for value in values
    )
