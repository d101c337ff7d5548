"""The recipe of a blend: which recipes are its members, and who has a say in which output.

[members.net]
recipe = "net.toml"            # of `earmark train`; its path begins where this file lies
seeds = [0, 1, 2]              # a run each; the recipe's own seed if none are given
[members.svm]
recipe = "svm.toml"

[outputs.genre]
from = {net = 2.0, svm = 1.0}  # weights; the seeds of a member share its own
[outputs.mood]
of = "quadrant"                # what the members call it, if not the same
labels = {Q1 = "happy", Q2 = "tense", Q3 = "sad", Q4 = "calm"}
from = {net = 1.0}
[outputs.valence]
scale = 0.5                    # numbers: times this,
offset = 0.5                   # plus this
from = {svm = 1.0}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from earmark.classifier import WINDOW_SECONDS
from earmark.errors import BadRecipe
from earmark.features import LogMel
from earmark.training.models import check_model
from earmark.training.recipe import Recipe, check_key, convert, read_recipe, read_toml
from earmark.training.run import feature_of

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_MEMBER = {"recipe": str, "seeds": tuple[int, ...]}
_OUTPUT = {"of": str, "labels": dict, "scale": float, "offset": float, "from": dict}


@dataclass(frozen=True)
class Voice:
    """One trained model of a blend: a recipe with one of its seeds.

    Attributes:
        member: the member that it is of.
        recipe: complete, with that seed.
    """

    member: str
    recipe: Recipe

    @property
    def name(self) -> str:
        """What its runs and its model are called."""
        return f"{self.member}-s{self.recipe.seed}"


@dataclass(frozen=True)
class Answering:
    """How an output of a blend comes about.

    Attributes:
        name: what the blend calls it.
        of: what the members call it.
        weights: how much each member counts, by its name; they add up to 1.
        labels: the blend's name for each of the members' labels; empty to keep them.
        scale: what numbers are multiplied by,
        offset: and what is added then.
    """

    name: str
    of: str
    weights: Mapping[str, float]
    labels: Mapping[str, str] = field(default_factory=dict)
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class BlendRecipe:
    """A blend, complete.

    Attributes:
        path: the file.
        table: what stands in it.
        voices: what is trained, member by member.
        outputs: the questions that are answered.
        threads: processor threads that all members were given; 0 if that is their recipes' matter.
    """

    path: Path
    table: Mapping[str, Any]
    voices: tuple[Voice, ...]
    outputs: tuple[Answering, ...]
    threads: int = 0

    @property
    def data(self) -> tuple[str, ...]:
        """The data sets that its members need."""
        used = [voice.recipe.needs for voice in self.voices]
        return tuple(dict.fromkeys(name for names in used for name in names))

    def of_member(self, member: str) -> list[Voice]:
        """The trained models of a member."""
        return [voice for voice in self.voices if voice.member == member]

    def weights(self, output: Answering) -> dict[str, float]:
        """How much each voice counts in an output, by its name; they add up to 1."""
        return {
            voice.name: weight / len(self.of_member(member))
            for member, weight in output.weights.items()
            for voice in self.of_member(member)
        }


def read_blend(path: Path, *, threads: int = 0) -> BlendRecipe:
    """Read the recipe of a blend, and those of its members.

    Args:
        path: the file.
        threads: processor threads for all members; 0 leaves it to their recipes.

    Raises:
        BadRecipe: a file cannot be read, or a key or value is wrong; the message names it.
    """
    table = read_toml(path)
    for key in table:
        check_key(key, ("members", "outputs"), str(path))
    members, outputs = (_section(table, key, path) for key in ("members", "outputs"))
    voices = {name: _voices(name, about, path, threads) for name, about in members.items()}
    answered = tuple(_answering(name, about, path, voices) for name, about in outputs.items())
    for name in voices:
        if not any(name in output.weights for output in answered):
            raise BadRecipe(f"{path}: members.{name} has no say in any output")
    every = tuple(voice for found in voices.values() for voice in found)
    return BlendRecipe(path, table, every, answered, threads)


def _section(table: Mapping[str, Any], key: str, path: Path) -> dict[str, dict[str, Any]]:
    found = table.get(key, {})
    if not isinstance(found, dict) or not found:
        raise BadRecipe(f"{path}: names no {key}: write a section [{key}.NAME] for each")
    for name, about in found.items():
        if not isinstance(about, dict):
            raise BadRecipe(f"{path}: {key}.{name} must be a table, not {about!r}")
        if not _NAME.fullmatch(name):
            raise BadRecipe(f"{path}: {key}.{name}: a name has letters, digits, - and _ only")
    return found


def _settings(
    about: Mapping[str, Any], known: Mapping[str, Any], path: Path, prefix: str, needed: str
) -> dict[str, Any]:
    for key in about:
        check_key(key, known, str(path), f"{prefix}.")
    if needed not in about:
        raise BadRecipe(f"{path}: {prefix} lacks {needed!r}")
    return {
        key: convert(known[key], value, str(path), f"{prefix}.{key}")
        for key, value in about.items()
    }


def _voices(name: str, about: Mapping[str, Any], path: Path, threads: int) -> list[Voice]:
    """The trained models of a member."""
    where = f"members.{name}"
    settings = _settings(about, _MEMBER, path, where, "recipe")
    recipe = read_recipe(path.parent / settings["recipe"])
    try:
        check_model(recipe.model)
        feature = feature_of(recipe)
        feature.from_log_mel(np.zeros(LogMel().shape(WINDOW_SECONDS), np.float32))
    except BadRecipe as error:
        raise BadRecipe(f"{path}: {where}: {error}") from error
    except ValueError as error:
        raise BadRecipe(
            f"{path}: {where}: takes a {feature.name}, which cannot be had from the log-mel that "
            f"a blend judges: {error}"
        ) from error
    seeds = settings.get("seeds", (recipe.seed,))
    if not seeds or len(set(seeds)) < len(seeds) or not all(0 <= seed < 2**32 for seed in seeds):
        raise BadRecipe(f"{path}: {where}.seeds must be different numbers from 0 on")
    if threads:
        recipe = replace(recipe, training=replace(recipe.training, threads=threads))
    return [Voice(name, replace(recipe, seed=seed)) for seed in seeds]


def _answering(
    name: str, about: Mapping[str, Any], path: Path, voices: Mapping[str, list[Voice]]
) -> Answering:
    where = f"outputs.{name}"
    settings = _settings(about, _OUTPUT, path, where, "from")
    weights = {
        member: convert(float, weight, str(path), f"{where}.from.{member}")
        for member, weight in settings.pop("from").items()
    }
    of = settings.pop("of", name)
    if not weights or not all(weight > 0 and isfinite(weight) for weight in weights.values()):
        raise BadRecipe(f"{path}: {where}.from must give members weights above 0")
    for member in weights:
        check_key(member, voices, str(path), f"{where}.from.")
        answered = voices[member][0].recipe.data.outputs
        if of not in answered:
            raise BadRecipe(
                f"{path}: {where}: members.{member} answers {', '.join(answered)}, not {of}"
            )
    judged = {voices[member][0].recipe.data.main for member in weights}
    if len(judged) > 1:
        raise BadRecipe(
            f"{path}: {where}: its members are judged on {' and '.join(sorted(judged))}; members "
            "of one output must have one data.main"
        )
    labels = settings.get("labels", {})
    if not all(isinstance(label, str) for label in labels.values()):
        raise BadRecipe(f"{path}: {where}.labels must be names by label")
    if len(set(labels.values())) < len(labels):
        raise BadRecipe(f"{path}: {where}.labels gives two labels one name")
    if not all(isfinite(settings.get(key, 1.0)) for key in ("scale", "offset")):
        raise BadRecipe(f"{path}: {where}: scale and offset must be finite")
    total = sum(weights.values())
    shares = {member: weight / total for member, weight in weights.items()}
    return Answering(name, of, shares, **settings)
