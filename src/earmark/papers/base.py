"""What a paper is, so that each can be written down in one file: systems, protocol, numbers.

A paper is data and nothing else here: `earmark.papers.running` trains its systems,
`earmark.papers.results` writes what came of them. Nothing in this file or in a paper's imports
torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

if TYPE_CHECKING:
    from earmark.datasets import Track
    from earmark.evaluation.answers import Answers
    from earmark.store import Store

Way = Literal["naive", "leak-free", "control"]
"""How tracks are divided: as the paper did; so that nothing judged has its like in training; or as
the latter, but at random, which tells what of the difference between the two is the leak's."""

EVERY_WAY: tuple[Way, ...] = get_args(Way)

WAYS: tuple[Way, ...] = ("naive", "leak-free")
"""The two that are compared: what is run if nothing is said, and what studies may ask for."""

Unit = Literal["track", "clip"]

PLAIN: Mapping[str, Any] = {
    "clips": {"subtract_band_mean": False},
    "training": {
        "partial_batch": True,
        "crop_columns": 0,
        "optimizer": "adam",
        "learning_rate": 1e-3,
        "schedule": "constant",
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "average_decay": 0.0,
        "patience": 0,
        "keep": "last",
        "precision": "32",
    },
    "augmentation": {
        "band_shift": 0,
        "stretch": 0.0,
        "band_masks": 0,
        "column_masks": 0,
    },
}
"""A recipe without what the built-in model has learnt since: the ground that papers build on."""


def ways_of(asked: Way | None) -> tuple[Way, ...]:
    """What is run if a way is asked for: the control comes with what it is the control of."""
    if asked is None:
        return WAYS
    return ("leak-free", "control") if asked == "control" else (asked,)


def merge(*tables: Mapping[str, Any]) -> dict[str, Any]:
    """Nested tables laid over each other; the last word counts."""
    merged: dict[str, Any] = {}
    for table in tables:
        for key, value in table.items():
            below = merged.get(key, {})
            nested = isinstance(value, Mapping) and isinstance(below, Mapping)
            merged[key] = merge(below, value) if nested else value
    return merged


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A number of a system, with the paper's value where it prints one: a row of the table.

    Attributes:
        value: what the paper prints; None where it prints nothing, as for its proposals.
        where: table, figure or page, with the paper's own words where they matter.
        metric: what is measured, a name in `earmark.papers.metrics.METRICS`.
        output: which of the system's outputs.
        unit: whether each clip is judged, or each track by the mean over its clips.
        beside: the data sets beside which the value stands; any if empty. Ten genres of one data
            set may stand beside ten of another, four may not.
    """

    value: float | None = None
    where: str = ""
    metric: str = "accuracy"
    output: str = "genre"
    unit: Unit = "track"
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Naive:
    """How the paper split: at random.

    Attributes:
        judged: share of the items that are judged.
        valid: share that is watched while training, where the paper has such a third side; else
            the judged side is watched, as the papers do.
        slices: slices per track that are free to stand on different sides; 1 leaves tracks whole.
    """

    judged: float
    valid: float = 0.0
    slices: int = 1

    @property
    def shares(self) -> dict[str, float]:
        """The share of each side by its name."""
        sides = {"valid": self.valid, "test": self.judged} if self.valid else {"test": self.judged}
        return {"train": round(1 - self.valid - self.judged, 9), **sides}


@dataclass(frozen=True, kw_only=True)
class System:
    """A row of a paper's table: something that is trained and judged.

    Attributes:
        key: what `--only` and folders call it, such as "cnn-16".
        title: what the table calls it.
        data: the data sets that it can be run on; each whose folder is given is a row of its own.
        recipe: what differs from the defaults of a recipe, without `seed` and all of `data` but
            `dtype`; built by `merge(PLAIN, …)`. One that says nothing of epochs is of a model that
            is fitted at once.
        naive: how the paper split.
        printed: its numbers; at least one.
        outputs: the questions that it answers.
        only: label by output that tracks must have to take part: {"genre": ("jazz", "pop")}. Folds
            are made before, so that all systems on a data set share them.
        parts: of a stack: the key of the system that each part is, by the part's name. They are
            trained first, on the same sides.
        patience: without the leak, training stops when the loss on the inner valid part has not
            fallen for so many epochs.
        seeds: how many are run if nothing is said.
        quick: what differs from `recipe` under `--quick`, such as narrower layers.
        note: what must be known to read its row.
        listed: whether the table and the figure show it; those that only a study sums up need not.
    """

    key: str
    title: str
    data: tuple[str, ...]
    recipe: Mapping[str, Any]
    naive: Naive
    printed: tuple[Printed, ...]
    outputs: tuple[str, ...] = ("genre",)
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    patience: int = 15
    seeds: int = 1
    quick: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    listed: bool = True

    @property
    def epochs(self) -> int | None:
        """The paper's; None for a model that is fitted at once."""
        return self.recipe.get("training", {}).get("epochs")  # type: ignore[no-any-return]


class Material(Protocol):
    """What a study can ask for: the finished runs of the systems that it needs, on one data set.

    Attributes:
        dataset: the data set's name, or that of a file.
        path: where it lies.
        tracks: its tracks by id, with all that is known of them.
        seeds: the seeds that were run.
        quick: whether this is a quick run, whose numbers mean nothing.
    """

    dataset: str
    path: Path
    tracks: Mapping[str, Track]
    seeds: tuple[int, ...]
    quick: bool

    def folders(self, system: str, way: Way, seed: int = 0) -> list[Path]:
        """The run folders of a system: one per fold without the leak, one in all with it."""

    def answers(self, system: str, way: Way, seed: int = 0) -> dict[str, Answers]:
        """What it said of what it was judged on, by output; folds pooled."""

    def judged(self, system: str, way: Way, seed: int = 0) -> list[list[str]]:
        """The tracks judged in each of `folders`, in its order."""

    def network(self, folder: Path) -> Any:
        """The trained network of a run folder, a torch module that judges."""

    def store(self, system: str) -> Store:
        """The features of the data set as the system takes them."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a study found.

    Attributes:
        text: Markdown, without the heading.
        data: the same as plain values, for the JSON.
        pictures: files to be written beside the text, by name (the text refers to them).
    """

    text: str
    data: Mapping[str, Any]
    pictures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Study:
    """Something that is worked out from the runs of systems: a mean over pairs, a table of nodes.

    Attributes:
        key: its name.
        title: its heading.
        needs: keys of the systems whose runs it reads, all on one data set and in both ways; none
            if it reads the data alone.
        run: the work.
        data: the data sets that it is for; those of its first system if empty. A name that no
            system takes is a file that is given in the same way.
        networks: whether it asks for trained networks, so that their weights must be kept.
    """

    key: str
    title: str
    needs: tuple[str, ...]
    run: Callable[[Material], Findings]
    data: tuple[str, ...] = ()
    networks: bool = True


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A paper, declared.

    Attributes:
        key: what the project calls it.
        citation: authors, title, year.
        data: what it learnt from, and what stands in for that here, in a sentence or two.
        systems: the rows of its table, parts before the stacks that need them.
        studies: what is worked out from them.
        notes: what must be known to read the table, a sentence each.
    """

    key: str
    citation: str
    data: str
    systems: tuple[System, ...]
    studies: tuple[Study, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Names of files that its studies read, beside the data sets of its systems."""
        taken = {name for system in self.systems for name in system.data}
        read = dict.fromkeys(name for study in self.studies for name in study.data)
        return tuple(name for name in read if name not in taken)

    def system(self, key: str) -> System:
        """One of its systems.

        Raises:
            KeyError: there is none of that key.
        """
        for system in self.systems:
            if system.key == key:
                return system
        raise KeyError(key)

    def with_parts(self, systems: tuple[System, ...]) -> tuple[System, ...]:
        """These systems and those that they stand on, in the paper's order."""
        wanted = {part for system in systems for part in system.parts.values()}
        wanted |= {system.key for system in systems}
        return tuple(system for system in self.systems if system.key in wanted)
