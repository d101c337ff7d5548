"""Recipes: TOML files that hold what differs from the defaults, read strictly.

An unknown key is an error that names it and the nearest right one; so is a value of the wrong type.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import tomllib
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from earmark.clips import Clips
from earmark.errors import BadRecipe
from earmark.store import StoredType

_CHOICES = {
    "data.dtype": get_args(StoredType),
    "training.loss": ("cross-entropy", "binary-cross-entropy", "squared-error"),
    "training.optimizer": ("adamw", "adam", "sgd", "rmsprop-nesterov"),
    "training.schedule": ("one-cycle", "constant", "plateau"),
    "training.keep": ("best", "last"),
    "training.precision": ("32", "bf16", "16"),
}


@dataclass(frozen=True, kw_only=True)
class Data:
    """Which data sets take part; `--data NAME=DIR` says where they are.

    Attributes:
        main: the data set whose official train side is learnt from and whose valid side is
            judged after each epoch.
        extra: data sets whose tracks with a label join the train side, save those whose artist
            stands on another side.
        outputs: what is learnt: labels such as "genre", numbers such as "valence", or "tags".
            A track that lacks one of them takes no part.
        dtype: how the feature store keeps numbers: "float32", "float16" or "uint8".
    """

    main: str = "gtzan-mel"
    extra: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ("genre",)
    dtype: str = "float32"


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Changes that leave the genre alone, drawn anew for each clip. Zero switches one off.

    Those other than mixup are for clips of bands and columns.

    Attributes:
        band_shift: shift by up to so many whole bands up or down.
        stretch: play up to so much slower or faster (0.15: 15 %), by repeating or leaving out
            columns; they lie too far apart to be interpolated.
        gain_db: raise or lower all levels by up to so many dB. A model that subtracts band means
            cannot see it.
        band_masks: number of SpecAugment masks over bands (Park et al. 2019).
        band_mask_width: their greatest width in bands.
        column_masks: number of SpecAugment masks over time.
        column_mask_width: their greatest width in columns.
        mixup: alpha of mixup's Beta distribution (Zhang et al. 2018).
    """

    band_shift: int = 4
    stretch: float = 0.15
    gain_db: float = 0.0
    band_masks: int = 2
    band_mask_width: int = 16
    column_masks: int = 2
    column_mask_width: int = 16
    mixup: float = 0.0

    @property
    def changes_clips(self) -> bool:
        """Whether anything but mixup is on."""
        return any(
            (self.band_shift, self.stretch, self.gain_db, self.band_masks, self.column_masks)
        )


@dataclass(frozen=True, kw_only=True)
class Pretraining:
    """What a network learns before it meets labels: to describe tracks of other data sets.

    Batch, optimizer, schedule and precision are those of `training`.

    Attributes:
        data: data sets whose tracks take part, save those by artists of the main one. With none of
            them weights begin at random.
        describe: the vectors that it learns to tell of a track: name and settings of each.
        numbers: principal components of each.
        epochs: passes over the tracks.
        crop_columns: length of the random crops that it tells them from.
        augmentation: changes to these crops.
    """

    data: tuple[str, ...] = ()
    describe: tuple[dict[str, Any], ...] = ({"name": "summary"},)
    numbers: int = 48
    epochs: int = 30
    crop_columns: int = 256
    augmentation: Augmentation = field(
        default_factory=lambda: Augmentation(band_shift=2, stretch=0.05)
    )


@dataclass(frozen=True, kw_only=True)
class Training:
    """How the weights are found.

    Attributes:
        epochs: greatest number of passes over the train side.
        batch: clips per step.
        partial_batch: learn from what is left at the end of an epoch and fills no batch, as Keras
            does; else it waits for the next.
        crop_columns: length of the random crops that are learnt from; 0 learns from the very clips
            that are judged.
        loss: of labels: "cross-entropy", "binary-cross-entropy" (a sigmoid per label), or
            "squared-error" (of the softmax). Numbers are learnt by squared error, tags by binary
            cross-entropy.
        optimizer: "adamw", "adam", "sgd" or "rmsprop-nesterov".
        learning_rate: the highest.
        momentum: of "sgd" and "rmsprop-nesterov".
        schedule: "one-cycle" (linear rise, cosine fall), "constant", or "plateau" (lower when the
            valid loss has not fallen for a while).
        warmup: share of all steps that one-cycle spends rising.
        plateau_patience: epochs without a lower valid loss before the rate falls.
        plateau_factor: what the rate is multiplied by then.
        lowest_learning_rate: where that ends.
        weight_decay: of AdamW, on weights but not on biases and normalization.
        l2: the loss gains so many times the sum of squares of `l2_on`.
        l2_on: parameters by name; * stands for anything.
        label_smoothing: share of the target spread over all labels.
        average_decay: decay of the running average of the weights, which is then what is judged;
            0 judges the weights themselves.
        patience: stop when the valid loss has not fallen for so many epochs; 0 never stops early.
        keep: which epoch is kept: the "best", with the lowest valid loss, or the "last".
        precision: "32", "bf16" or "16" (convolutions in half the bits, weights in float32).
        threads: processor threads; 0 leaves it to torch.
    """

    epochs: int = 45
    batch: int = 16
    partial_batch: bool = False
    crop_columns: int = 128
    loss: str = "cross-entropy"
    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    momentum: float = 0.9
    schedule: str = "one-cycle"
    warmup: float = 0.1
    plateau_patience: int = 10
    plateau_factor: float = 0.1
    lowest_learning_rate: float = 1e-5
    weight_decay: float = 0.05
    l2: float = 0.0
    l2_on: tuple[str, ...] = ()
    label_smoothing: float = 0.1
    average_decay: float = 0.99
    patience: int = 20
    keep: str = "best"
    precision: str = "bf16"
    threads: int = 0


@dataclass(frozen=True, kw_only=True)
class Model:
    """Which model, and what differs from its defaults.

    Attributes:
        name: of a network, in `earmark.networks.NETWORKS`.
        settings: what differs from its own defaults.
    """

    name: str = "stats-cnn"
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training, complete.

    Attributes:
        seed: of weights, order, crops and augmentation.
        data: what is learnt from.
        feature: `name` of the representation, log-mel if none is given, and what differs from its
            defaults.
        clips: how features are centred and cut for judging.
        model: what is trained.
        pretraining: what a network learns before that.
        augmentation: changes to the crops.
        training: how it is trained.
    """

    seed: int = 0
    data: Data = field(default_factory=Data)
    feature: dict[str, Any] = field(default_factory=dict)
    clips: Clips = field(default_factory=Clips)
    model: Model = field(default_factory=Model)
    pretraining: Pretraining = field(default_factory=Pretraining)
    augmentation: Augmentation = field(default_factory=Augmentation)
    training: Training = field(default_factory=Training)

    @property
    def needs(self) -> tuple[str, ...]:
        """The data sets that it takes."""
        return tuple(dict.fromkeys((self.data.main, *self.data.extra, *self.pretraining.data)))

    def to_dict(self) -> dict[str, Any]:
        """All settings, defaults included, as they stand in a run and a bundle."""
        return dataclasses.asdict(self)


def read_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply changes of the form `section.key=value`.

    Raises:
        BadRecipe: the file cannot be read, or a key or value is wrong; the message names it.
    """
    table = read_toml(path)
    for change in changes:
        _apply(table, change)
    return recipe_from_dict(table, str(path))


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file holds.

    Raises:
        BadRecipe: it cannot be read, or is none.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadRecipe(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeError, tomllib.TOMLDecodeError) as error:
        raise BadRecipe(f"{path}: not TOML: {error}") from error


def with_defaults(written: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe that was written by `to_dict`, with defaults for settings that were not known yet.

    Raises:
        BadRecipe: a key or value is wrong.
    """
    settled: dict[str, Any] = json.loads(json.dumps(recipe_from_dict(written).to_dict()))
    return settled


def recipe_from_dict(table: Mapping[str, Any], source: str = "recipe") -> Recipe:
    """A recipe from nested dictionaries, as strict as `read_recipe`.

    Raises:
        BadRecipe: a key or value is wrong.
    """
    recipe: Recipe = _build(Recipe, table, source, "")
    training = recipe.training
    limits = {
        "data.outputs": bool(recipe.data.outputs)
        and len(set(recipe.data.outputs)) == len(recipe.data.outputs),
        "training.epochs": training.epochs >= 1,
        "training.batch": training.batch >= 2,  # batch normalization needs two
        "training.crop_columns": training.crop_columns == 0 or training.crop_columns >= 16,
        "training.learning_rate": training.learning_rate > 0,
        "training.momentum": 0 <= training.momentum < 1,
        "training.patience": training.patience >= 0,
        "training.plateau_patience": training.plateau_patience >= 0,
        "training.plateau_factor": 0 < training.plateau_factor < 1,
        "training.lowest_learning_rate": training.lowest_learning_rate >= 0,
        "training.weight_decay": training.weight_decay >= 0,
        "training.l2": training.l2 >= 0,
        "training.warmup": 0 <= training.warmup < 1,
        "training.label_smoothing": 0 <= training.label_smoothing < 1,
        "training.average_decay": 0 <= training.average_decay < 1,
        "training.threads": training.threads >= 0,
        "pretraining.describe": bool(recipe.pretraining.describe),
        "pretraining.numbers": recipe.pretraining.numbers >= 1,
        "pretraining.epochs": recipe.pretraining.epochs >= 1,
        "pretraining.crop_columns": recipe.pretraining.crop_columns >= 16,
        "seed": 0 <= recipe.seed < 2**32,
    }
    for key, words in _CHOICES.items():
        if (word := _value(recipe, key)) not in words:
            known = ", ".join(words)
            raise BadRecipe(f"{source}: {key} must be one of {known}; not {word!r}")
    for section in ("augmentation", "pretraining.augmentation"):
        limits[f"{section}.stretch"] = 0 <= _value(recipe, f"{section}.stretch") < 1
        for key, amount in dataclasses.asdict(_value(recipe, section)).items():
            limits.setdefault(f"{section}.{key}", amount >= 0)
    for key, fulfilled in limits.items():
        if not fulfilled:
            raise BadRecipe(f"{source}: {key} is out of range: {_value(recipe, key)!r}")
    return recipe


def _value(recipe: Recipe, key: str) -> Any:
    value: Any = recipe
    for part in key.split("."):
        value = getattr(value, part)
    return value


def _apply(table: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals:
        raise BadRecipe(f"--set {change}: write KEY=VALUE, such as training.epochs=5")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text  # a bare word is a string
    *sections, last = key.strip().split(".")
    for section in sections:
        table = table.setdefault(section, {})
        if not isinstance(table, dict):
            raise BadRecipe(f"--set {change}: {section} is not a section")
    table[last] = value


def check_key(key: str, known: Iterable[str], source: str, prefix: str = "") -> None:
    """Refuse a key that is none of those known.

    Raises:
        BadRecipe: the message names the nearest right one.
    """
    known = list(known)
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        raise BadRecipe(f"{source}: unknown key {prefix + key!r}; {hint}")


def _build(kind: Any, table: Mapping[str, Any], source: str, prefix: str) -> Any:
    """A dataclass from a table, its nested dataclasses included."""
    types_of = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for key, value in table.items():
        check_key(key, types_of, source, prefix)
        values[key] = convert(types_of[key], value, source, prefix + key)
    try:
        return kind(**values)
    except ValueError as error:
        raise BadRecipe(f"{source}: {prefix.rstrip('.')}: {error}") from error


_NAMES = {
    bool: "boolean",
    dict: "table",
    float: "number",
    int: "whole number",
    str: "string",
    tuple: "list",
}


def convert(wanted: Any, value: Any, source: str, key: str) -> Any:
    """A value of TOML as the type that a setting has: of whole numbers numbers, of lists tuples.

    Raises:
        BadRecipe: it has another type.
    """
    if dataclasses.is_dataclass(wanted) and isinstance(value, Mapping):
        return _build(wanted, value, source, f"{key}.")
    origin = typing.get_origin(wanted) or wanted
    if origin is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if origin is tuple and isinstance(value, list | tuple):
        kind, *_ = typing.get_args(wanted)
        return tuple(convert(kind, item, source, key) for item in value)
    right = isinstance(origin, type) and isinstance(value, origin)
    if not right or (origin is int and isinstance(value, bool)):
        name = "table" if dataclasses.is_dataclass(wanted) else _NAMES[origin]
        raise BadRecipe(f"{source}: {key} must be a {name}, not {value!r}")
    return value
