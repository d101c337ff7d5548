"""Systems → runs: each training is a run folder, whatever is finished is not done again.

    RUNS/features/…                                  feature stores, shared by all systems
    RUNS/PAPER/DATASET/SYSTEM/WAY-sSEED/split.json   who stands where
    RUNS/PAPER/DATASET/SYSTEM/WAY-sSEED/fold-K/      a run, as `earmark train` writes it

A run that was stopped is resumed. One that is finished is read; if it was made by another recipe or
on another split, that is said, and nothing is overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earmark.clips import Clips
from earmark.datasets import Dataset, Track, open_dataset
from earmark.errors import BadDataset, BadSplit
from earmark.evaluation.answers import Answers
from earmark.papers.base import WAYS, Paper, System, Way, merge
from earmark.papers.protocols import JOINS, Place, Plan, few, plan
from earmark.papers.runs import as_begun, in_a_line, is_finished, pooled, read_json, read_weights
from earmark.splits import Split, write_split
from earmark.store import Store
from earmark.training.data import Item, Sides, outputs_of
from earmark.training.features import open_features
from earmark.training.folder import KEPT, LAST
from earmark.training.recipe import Recipe, recipe_from_dict
from earmark.training.run import feature_of, train_on

_CHECKPOINT_SECONDS = 60.0
_QUICK_EPOCHS = 2

Watch = Callable[[int], AbstractContextManager[Any]]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a paper is run.

    Attributes:
        runs: the folder of all runs.
        quick: a few tracks, two folds, two epochs, narrower layers: tries the code, not the paper.
        epochs: instead of the paper's.
        seeds: how many, instead of each system's own number.
        threads: processor threads; 0 leaves it to torch.
        jobs: worker processes that extract features.
    """

    runs: Path
    quick: bool = False
    epochs: int | None = None
    seeds: int | None = None
    threads: int = 0
    jobs: int = 1


@dataclass(frozen=True)
class Outcome:
    """The finished trainings of a system on a data set, in one way and with one seed.

    Attributes:
        system: what was trained.
        dataset: on what.
        way: how that was divided.
        seed: of split and weights.
        plan: the sides.
        recipe: of all of them.
        folders: a run folder per division.
        runs: the run.json of each.
        answers: what was said of all that was judged, by output; folds pooled.
        left_out: tracks that could not be read, with the reason.
    """

    system: System
    dataset: str
    way: Way
    seed: int
    plan: Plan
    recipe: Recipe
    folders: tuple[Path, ...]
    runs: tuple[Mapping[str, Any], ...]
    answers: Mapping[str, Answers]
    left_out: Mapping[str, str]


class Bench:
    """Runs the systems of a paper on the data sets at hand.

    Raises:
        BadDataset: a folder does not hold its data set.
    """

    def __init__(
        self,
        paper: Paper,
        folders: Mapping[str, Path],
        options: Options,
        *,
        say: Callable[[str], None] = lambda _: None,
        watch: Watch = lambda _: nullcontext(),
    ) -> None:
        """Open the data sets.

        Args:
            paper: what is reproduced.
            folders: where each data set lies, and each file that a study reads.
            options: how it is run.
            say: is told a line for each thing that is done.
            watch: gives a Lightning callback that shows a training of so many epochs, or None.
        """
        self.paper, self.options, self.folders = paper, options, dict(folders)
        self._say, self._watch = say, watch
        mains = {joined: main for main, joined in JOINS.items()}
        opened = {
            name: open_dataset(mains.get(name, name), folder)
            for name, folder in folders.items()
            if name not in paper.files
        }
        self._datasets = {n: _part(d) if options.quick else d for n, d in opened.items()}
        self._stores: dict[tuple[str, str], Store] = {}
        self._outcomes: dict[tuple[str, str, Way, int], Outcome] = {}
        self._parts = {key for system in paper.systems for key in system.parts.values()}
        self._studied = {key for s in paper.studies if s.networks for key in s.needs}

    def datasets(self, system: System) -> list[str]:
        """The data sets at hand that a system can be run on."""
        return [name for name in system.data if name in self._datasets]

    def seeds(self, system: System) -> tuple[int, ...]:
        """The seeds that a system is run with."""
        return tuple(range(1 if self.options.quick else self.options.seeds or system.seeds))

    def tracks(self, dataset: str) -> dict[str, Track]:
        """All tracks of a data set and of what joins it, by id."""
        return {t.id: t for part in self._together(dataset, "naive") for t in part.tracks()}

    def folder(self, system: System, dataset: str, way: Way, seed: int) -> Path:
        """Where the runs of a system are."""
        return self.options.runs / self.paper.key / dataset / system.key / f"{way}-s{seed}"

    def recipe(self, system: System, dataset: str, way: Way, seed: int) -> Recipe:
        """The recipe of a system, complete.

        Raises:
            BadRecipe: the paper's table does not make one.
        """
        options = self.options
        table = merge(
            system.recipe,
            {
                "seed": seed,
                "data": {"main": dataset, "outputs": list(system.outputs)},
                "training": {"threads": options.threads},
            },
            self._epochs(system, way),
            system.quick if options.quick else {},
        )
        return recipe_from_dict(table, f"{self.paper.key}, {system.key}")

    def _epochs(self, system: System, way: Way) -> dict[str, Any]:
        """How many epochs there are, and which is kept; nothing for what is fitted at once."""
        if system.epochs is None:
            return {}
        epochs = self.options.epochs or (_QUICK_EPOCHS if self.options.quick else system.epochs)
        chosen = {} if way == "naive" else {"keep": "best", "patience": system.patience}
        return {"training": {"epochs": epochs, **chosen}}

    def run(self, system: System, dataset: str, way: Way, seed: int) -> Outcome:
        """Train and judge, or read what was trained and judged before.

        Raises:
            BadRecipe: the paper's recipe does not fit, or finished runs were made by another.
            BadDataset, BadSplit: the data cannot be used.
            EarmarkError: nothing could be learnt, or a folder cannot be written.
            KeyboardInterrupt: it was interrupted.
        """
        key = (system.key, dataset, way, seed)
        if key not in self._outcomes:
            self._outcomes[key] = self._run(system, dataset, way, seed)
        return self._outcomes[key]

    def is_done(self, system: System, dataset: str, way: Way, seed: int) -> bool:
        """Whether `run` would only read."""
        if (system.key, dataset, way, seed) in self._outcomes:
            return True
        folder = self.folder(system, dataset, way, seed)
        try:
            planned = plan(
                system, way, self._together(dataset, way), seed=seed, quick=self.options.quick
            )
        except BadSplit:
            return False  # what cannot be divided was never run
        return all(
            (folder / f"fold-{number}" / "run.json").is_file()
            for number in range(len(planned.divisions))
        )

    def sides(self, outcome: Outcome, number: int) -> Sides:
        """What one of its trainings has learnt from and judged."""
        return self._sides(outcome.system, outcome.recipe, outcome.plan, outcome.way, number)[0]

    def open_store(self, dataset: Dataset, recipe: Recipe) -> Store:
        """The features of a data set as a recipe takes them, extracted if need be."""
        key = (str(dataset.folder), json.dumps([recipe.feature, recipe.data.dtype]))
        if key not in self._stores:
            feature = feature_of(recipe)
            self._say(f"features of {dataset.folder}: {feature.name}")
            self._stores[key] = open_features(
                dataset,
                feature,
                self.options.runs / "features",
                dtype=recipe.data.dtype,
                jobs=self.options.jobs,
            )
        return self._stores[key]

    def store(self, system: System, dataset: str) -> Store:
        """The features of a data set as a system takes them."""
        recipe = self.recipe(system, dataset, "leak-free", 0)
        return self.open_store(self._datasets[dataset], recipe)

    def _together(self, dataset: str, way: Way) -> list[Dataset]:
        """A data set and what joins it; none, if a study's file is meant."""
        names = (dataset, JOINS.get(dataset)) if way == "naive" else (dataset,)
        return [self._datasets[name] for name in names if name in self._datasets]

    def _run(self, system: System, dataset: str, way: Way, seed: int) -> Outcome:
        recipe = self.recipe(system, dataset, way, seed)
        planned = plan(
            system, way, self._together(dataset, way), seed=seed, quick=self.options.quick
        )
        folder = self.folder(system, dataset, way, seed)
        _keep_split(planned.split, folder)
        parts = {
            name: self.run(self.paper.system(key), dataset, way, seed)
            for name, key in system.parts.items()
        }
        folders = tuple(folder / f"fold-{i}" for i in range(len(planned.divisions)))
        left_out: dict[str, str] = {}
        for number, run in enumerate(folders):
            begun = as_begun(run, recipe)
            if not is_finished(run):
                sides, unread = self._sides(system, recipe, planned, way, number)
                left_out |= unread
                states = {name: read_weights(part.folders[number]) for name, part in parts.items()}
                export = way == "leak-free" and number == seed == 0
                self._train(run, begun, sides, states, export=export)
                (run / LAST).unlink(missing_ok=True)  # large networks fill disks
                if system.key not in self._parts | (self._studied if way in WAYS else set()):
                    (run / KEPT).unlink(missing_ok=True)
            name = f"{system.key} on {dataset}, {way}, seed {seed}"
            self._say(f"{name}, {number + 1} of {len(folders)}: {in_a_line(run)}")
        return Outcome(
            system=system,
            dataset=dataset,
            way=way,
            seed=seed,
            plan=planned,
            recipe=recipe,
            folders=folders,
            runs=tuple(read_json(run / "run.json") for run in folders),
            answers=pooled(folders),
            left_out=left_out,
        )

    def _train(
        self,
        run: Path,
        recipe: Recipe,
        sides: Sides,
        parts: Mapping[str, Mapping[str, Any]],
        *,
        export: bool,
    ) -> None:
        with self._watch(recipe.training.epochs) as watcher:
            train_on(
                recipe,
                sides,
                run,
                parts=parts or None,
                resume=(run / "recipe.json").is_file(),
                callbacks=[watcher] if watcher is not None else [],
                export=export,
                checkpoint_seconds=_CHECKPOINT_SECONDS,
            )

    def _sides(
        self, system: System, recipe: Recipe, planned: Plan, way: Way, number: int
    ) -> tuple[Sides, dict[str, str]]:
        """The sides of one training, and why tracks are left out of them."""
        datasets = self._together(recipe.data.main, way)
        stores = [self.open_store(dataset, recipe) for dataset in datasets]
        division = planned.divisions[number]
        taken = [
            track
            for division in planned.divisions
            for places in (division.train, division.valid, division.judged or ())
            for track, _ in places
        ]
        left_out: dict[str, str] = {}
        train, valid, judged = (
            None if places is None else _items(places, stores, recipe.clips, left_out)
            for places in (division.train, division.valid, division.judged)
        )
        if not train or not valid or judged == []:
            first = next(iter(left_out.values()), "there are too few tracks")
            raise BadDataset(f"{datasets[0].folder}: a side of {system.key} is empty: {first}")
        outputs = outputs_of(datasets[0], taken, system.outputs)
        return Sides(train=train, valid=valid, outputs=outputs, judged=judged), left_out


def _part(dataset: Dataset) -> Dataset:
    """The same data set with a few of its tracks, none of which stands on the test side."""
    chosen = [track for track in dataset.tracks() if track.split != "test"]
    part = copy(dataset)
    output = dataset.outputs[0] if dataset.outputs else None
    vars(part)["tracks"] = lambda: few(chosen, output)
    return part


def _items(
    places: Iterable[Place], stores: Sequence[Store], cut: Clips, left_out: dict[str, str]
) -> list[Item]:
    """Tracks with their features; slices that a short track does not have are none."""
    items = []
    for track, numbers in places:
        store = next((store for store in stores if track.id in store), None)
        if store is None:
            left_out[track.id] = next(
                (s.failures[track.id] or "" for s in stores if track.id in s.failures), "not found"
            )
            continue
        there = None
        if numbers is not None:
            there = tuple(n for n in numbers if n < _count(store, track.id, cut))
        if there != ():
            items.append(Item(track, store, there))
    return items


def _count(store: Store, track: str, cut: Clips) -> int:
    """How many clips a track has."""
    columns = store.columns(track)
    return len(cut.starts(columns)) if store.feature.time_axis == 1 else columns


def _keep_split(split: Split, folder: Path) -> None:
    try:
        write_split(split, folder / "split.json")
    except BadSplit as error:
        raise BadSplit(
            f"{folder}: was run on other tracks; delete it, or take other --runs"
        ) from error
