"""A recipe under study: its systems, one per pair or set of labels, as those of a paper.

They are only judged without the leak, so that the paper's way to split, which every system has,
stands for nothing here.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

from earmark.datasets import Dataset
from earmark.errors import BadDataset, BadRecipe
from earmark.papers.base import Naive, Paper, Printed, Study, System, Way
from earmark.papers.liu2017_printed import BESIDE, DENSE, PRINTED_PAIRS, printed_tables
from earmark.papers.studies.classes import Classes, Judged
from earmark.papers.studies.pairs import Pair, Pairs
from earmark.training.models import is_classical
from earmark.training.recipe import Recipe

WAY: Way = "leak-free"

_LONGEST = 80  # letters of a system's key, which is the name of a folder
_SAFE = re.compile(r"[\w-]+", re.ASCII)


@dataclass(frozen=True)
class Subject:
    """A model under study.

    Attributes:
        name: what folders and files are called by.
        recipe: how it is trained; of its data, only `outputs` and `dtype` count.
        dataset: what it learns and is judged on.

    Raises:
        BadRecipe: what it learns first is no choice between labels.
        BadDataset: there are fewer than two labels.
    """

    name: str
    recipe: Recipe
    dataset: Dataset

    def __post_init__(self) -> None:
        if self.output not in self.dataset.outputs:
            known = ", ".join(self.dataset.outputs)
            raise BadRecipe(
                f"{self.dataset.name} has no labels called {self.output!r}, which the recipe "
                f"learns; it has {known or 'none'}"
            )
        if len(self.labels) < 2:
            raise BadDataset(f"{self.dataset.folder}: holds fewer than two labels")

    @property
    def output(self) -> str:
        """The question that is studied: the first that the recipe learns."""
        return self.recipe.data.outputs[0]

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """All labels of the data set, in order."""
        tracks = self.dataset.tracks()
        return tuple(sorted({t.labels[self.output] for t in tracks if self.output in t.labels}))

    def chosen(self, text: str) -> tuple[str, ...]:
        """Labels from words with commas between them, in the data set's order.

        Raises:
            BadRecipe: one is not known, or there are fewer than two.
        """
        words = {word.strip() for word in text.split(",")} - {""}
        for word in sorted(words):
            if word not in self.labels:
                near = difflib.get_close_matches(word, self.labels, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(self.labels)}"
                raise BadRecipe(f"--labels {text}: {self.dataset.name} has no {word!r}; {hint}")
        if len(words) < 2:
            raise BadRecipe(f"--labels {text}: name at least two labels")
        return tuple(label for label in self.labels if label in words)

    def sets(self) -> list[tuple[str, ...]]:
        """The sets of labels of which the paper prints confusion matrices, then all labels."""
        printed = [t.labels for t in DENSE if self.dataset.name in BESIDE]
        chosen = [labels for labels in printed if set(labels) < set(self.labels)]
        return [*chosen, self.labels]

    def systems(self, sets: Sequence[Sequence[str]]) -> tuple[System, ...]:
        """A system per set of labels."""
        recipe = self.recipe.to_dict()
        table: dict[str, Any] = {key: recipe[key] for key in recipe if key not in ("seed", "data")}
        table["data"] = {"dtype": self.recipe.data.dtype}
        if is_classical(self.recipe.model.name):
            del table["training"]["epochs"]  # which says that it is fitted at once
        return tuple(
            System(
                key=_key(labels),
                title=_title(labels),
                data=(self.dataset.name,),
                recipe=table,
                naive=Naive(judged=0.2),
                printed=(Printed(output=self.output),),
                outputs=self.recipe.data.outputs,
                only={self.output: tuple(labels)},
                patience=self.recipe.training.patience,
            )
            for labels in sets
        )

    def paper(self, systems: Sequence[System]) -> Paper:
        """What `earmark.papers.running.Bench` runs."""
        return Paper(key=self.name, citation="", data="", systems=tuple(systems))

    def pairs(self, systems: Sequence[System], picture: str) -> Study:
        """The study of systems of two labels each."""
        pairs = [_pair(system.only[self.output]) for system in systems]
        keys = {pair: system.key for pair, system in zip(pairs, systems, strict=True)}
        labels = {label for pair in pairs for label in pair}
        printed = PRINTED_PAIRS if self.dataset.name in BESIDE else {}
        study = Pairs(
            labels=tuple(label for label in self.labels if label in labels),
            key=lambda one, other: keys[one, other],
            ways=(WAY,),
            picture=f"{picture}.svg",
            pairs=tuple(pairs),
            output=self.output,
            printed={pair: printed[pair] for pair in pairs if pair in printed},
        )
        return Study(key="pairs", title="All pairs", needs=tuple(keys.values()), run=study.run)

    def classes(self, systems: Sequence[System], picture: str) -> Study:
        """The study of systems of several labels each."""
        judged = []
        for system in systems:
            labels = system.only[self.output]
            printed = printed_tables(self.dataset.name, labels)
            judged.append(Judged(system.key, system.title, labels, printed, self.name))
        study = Classes(judged=tuple(judged), ways=(WAY,), picture=picture, output=self.output)
        needs = tuple(system.key for system in systems)
        return Study(key="classes", title="Sets of labels", needs=needs, run=study.run)


def all_pairs(labels: Sequence[str]) -> list[Pair]:
    """Every two of some labels."""
    return list(combinations(labels, 2))


def _title(labels: Sequence[str]) -> str:
    if len(labels) == 2:
        return " or ".join(labels)
    return f"{len(labels)} labels: {', '.join(labels)}"


def _pair(labels: Sequence[str]) -> Pair:
    one, other = labels
    return one, other


def _key(labels: Sequence[str]) -> str:
    """The labels themselves where they make a name that every system takes, else their digest."""
    said = "+".join(labels)
    if len(said) <= _LONGEST and all(_SAFE.fullmatch(label) for label in labels):
        return said
    return f"{len(labels)}-{hashlib.sha256(repr(list(labels)).encode()).hexdigest()[:12]}"
