"""Finished runs, as studies ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from earmark.datasets import Track
from earmark.evaluation.answers import Answers
from earmark.papers.base import WAYS, Way
from earmark.papers.running import Bench, Outcome
from earmark.papers.runs import read_weights
from earmark.store import Store
from earmark.training.data import ClipSet


class Finished:
    """What studies can ask for: `earmark.papers.base.Material` of the runs of a bench."""

    def __init__(self, bench: Bench, dataset: str, seeds: Sequence[int]) -> None:
        self._bench = bench
        self.dataset, self.seeds = dataset, tuple(seeds)
        self.path = bench.folders[dataset]
        self.quick = bench.options.quick
        self.tracks: Mapping[str, Track] = bench.tracks(dataset)

    def outcome(self, system: str, way: Way, seed: int = 0) -> Outcome:
        """A system's finished trainings."""
        return self._bench.run(self._bench.paper.system(system), self.dataset, way, seed)

    def folders(self, system: str, way: Way, seed: int = 0) -> list[Path]:
        """The run folders of a system: one per fold without the leak, one in all with it."""
        return list(self.outcome(system, way, seed).folders)

    def answers(self, system: str, way: Way, seed: int = 0) -> dict[str, Answers]:
        """What it said of what it was judged on, by output; folds pooled."""
        return dict(self.outcome(system, way, seed).answers)

    def judged(self, system: str, way: Way, seed: int = 0) -> list[list[str]]:
        """The tracks judged in each of `folders`, in its order."""
        divisions = self.outcome(system, way, seed).plan.divisions
        return [[track.id for track, _ in division.answered] for division in divisions]

    def network(self, folder: Path) -> Any:
        """The trained network of a run folder, a torch module that judges.

        Raises:
            KeyError: it is none of the folders that were given.
        """
        for system in self._bench.paper.systems:
            for way in WAYS:
                for seed in self.seeds:
                    if folder.parent == self._bench.folder(system, self.dataset, way, seed):
                        return self._network(self.outcome(system.key, way, seed), folder)
        raise KeyError(folder)

    def store(self, system: str) -> Store:
        """The features of the data set as the system takes them."""
        return self._bench.store(self._bench.paper.system(system), self.dataset)

    def _network(self, outcome: Outcome, folder: Path) -> Any:
        from earmark.networks import build_network

        recipe = outcome.recipe
        sides = self._bench.sides(outcome, outcome.folders.index(folder))
        network = build_network(
            recipe.model.name,
            recipe.model.settings,
            shape=ClipSet(sides.train, recipe.clips)[0].shape,
            outputs={output.name: len(output.labels) for output in sides.outputs},
        )
        network.load_state_dict(read_weights(folder))
        return network.eval()
