"""A representation as options name it: `--as NAME --set key=value --set source.key=value`."""

from __future__ import annotations

import difflib
import tomllib
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from types import NoneType, UnionType
from typing import Any, Literal

from earmark.errors import BadFeature
from earmark.features import FEATURES, Feature


def feature_of(name: str, settings: Sequence[str]) -> Feature:
    """The representation of that name with some settings changed.

    A setting that is itself a representation, such as what an image is drawn from, is replaced by
    `source=NAME` and changed by `source.key=value`; one does not rule out the other. Several are
    a list: `parts=["chroma", {name = "modulation", groups = 8}]`.

    Args:
        name: a name in `FEATURES`.
        settings: `key=value` each; values in TOML's notation, or bare words.

    Raises:
        BadFeature: a name, key or value is wrong; the message says which, and what is right.

    Example:
        >>> from earmark.cli.feature_options import feature_of
        >>> feature_of("log-mel", ["f_max=8000", "mel=htk"]).f_max
        8000.0
    """
    changes: dict[str, Any] = {}
    for setting in settings:
        _note(changes, setting)
    feature: Feature = _changed(_default(name), changes, prefix="")
    return feature


def _note(changes: dict[str, Any], setting: str) -> None:
    """Add one `key=value` to the nested table of changes; a later one wins."""
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise BadFeature(f"--set {setting}: write KEY=VALUE, such as bands=64")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()  # a bare word is a string
    *sections, last = key.strip().split(".")
    table = changes
    for section in sections:
        inner = table.get(section, {})
        table[section] = inner if isinstance(inner, dict) else {"name": inner}
        table = table[section]
    if isinstance(table.get(last), dict):
        table[last]["name"] = value
    else:
        table[last] = value


def _changed(feature: Any, changes: Mapping[str, Any], prefix: str) -> Any:
    """A representation with changes, among which its name makes it another one."""
    if prefix and "name" in changes:
        feature = _default(changes["name"])
    hints = typing.get_type_hints(type(feature))
    known = [field.name for field in fields(feature)]
    values: dict[str, Any] = {}
    for key, value in changes.items():
        if prefix and key == "name":
            continue
        if key not in known:
            raise BadFeature(f"{feature.name} has no setting {key!r}; {_nearest(key, known)}")
        now = getattr(feature, key)
        if hasattr(now, "from_log_mel"):
            inner = value if isinstance(value, dict) else {"name": value}
            values[key] = _changed(now, inner, f"{prefix}{key}.")
        elif isinstance(now, tuple) and hasattr(now[0], "from_log_mel"):
            values[key] = _several(value, prefix + key)
        else:
            values[key] = _fitting(hints[key], value, prefix + key)
    try:
        return replace(feature, **values)
    except ValueError as error:
        raise BadFeature(f"{feature.name}: {error}") from error


def _several(value: Any, key: str) -> tuple[Any, ...]:
    """Representations from a list of names, or of tables of a name and settings."""
    if not isinstance(value, list):
        raise BadFeature(f'{key} must be a list of representations, such as ["chroma"]')
    tables = [item if isinstance(item, dict) else {"name": item} for item in value]
    return tuple(_changed(None, {"name": None} | table, f"{key}.") for table in tables)


def _default(name: Any) -> Any:
    if not isinstance(name, str) or name not in FEATURES:
        raise BadFeature(f"no representation is called {name!r}; {_nearest(str(name), FEATURES)}")
    return FEATURES[name]()


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"


_WORDS = {bool: "true or false", float: "a number", int: "a whole number", str: "a word"}
_WRONG = object()


def _fitting(hint: Any, value: Any, key: str) -> Any:
    """The value in the type that the setting is declared with."""
    kinds = typing.get_args(hint) if typing.get_origin(hint) is UnionType else (hint,)
    for kind in kinds:
        fitting = _as_kind(kind, value)
        if fitting is not _WRONG:
            return fitting
    wanted = " or ".join(_in_words(kind) for kind in kinds if kind is not NoneType)
    raise BadFeature(f"{key} must be {wanted}, not {value!r}")


def _as_kind(kind: Any, value: Any) -> Any:
    """The value as this type, or `_WRONG`: a number from a whole number, a tuple from a list."""
    if typing.get_origin(kind) is Literal:
        return value if value in typing.get_args(kind) else _WRONG
    if typing.get_origin(kind) is tuple and isinstance(value, list):
        inner = typing.get_args(kind)
        if inner[-1] is Ellipsis:
            inner = inner[:1] * len(value)
        if len(inner) != len(value):
            return _WRONG
        items = tuple(_as_kind(part, item) for part, item in zip(inner, value, strict=True))
        return _WRONG if _WRONG in items else items
    if kind is float and type(value) is int:
        return float(value)
    return value if kind in _WORDS and type(value) is kind else _WRONG


def _in_words(kind: Any) -> str:
    if typing.get_origin(kind) is Literal:
        return f"one of {', '.join(map(str, typing.get_args(kind)))}"
    if typing.get_origin(kind) is tuple:
        *inner, last = typing.get_args(kind)
        words = [_in_words(part) for part in inner]
        return f"[{', '.join([*words, '…' if last is Ellipsis else _in_words(last)])}]"
    return _WORDS[kind]
