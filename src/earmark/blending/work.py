"""One training of a blend: in this process, or in a worker that is told which one.

RUNS/features/…                   feature stores, shared by all members
RUNS/splits/DATASET-KIND.json     who stands where
RUNS/pretrained/…                 weights that networks begin with
RUNS/MEMBER-sSEED/official        a run, as `earmark train` writes it
RUNS/MEMBER-sSEED/folds/fold-K    one that judges a fold
RUNS/MEMBER-sSEED/all             one that has learnt from everything
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earmark.blending.recipe import BlendRecipe, Voice, read_blend
from earmark.blending.sides import Ground, ground, sides_of
from earmark.errors import EarmarkError
from earmark.papers.runs import as_begun, in_a_line, is_finished
from earmark.training.data import Sides
from earmark.training.folder import KEPT, LAST
from earmark.training.recipe import Recipe
from earmark.training.run import begun, feature_of, train_on

if TYPE_CHECKING:
    from torch import Tensor

_CHECKPOINT_SECONDS = 60.0

Watch = Callable[[int], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Training:
    """What one run of a voice learns from.

    Attributes:
        voice: what is trained.
        fold: the fold that is judged; None for the official sides.
        whole: learn from everything, to the last epoch, since nothing is left to choose one on.
    """

    voice: Voice
    fold: int | None = None
    whole: bool = False

    @property
    def recipe(self) -> Recipe:
        """The voice's, with what follows from that."""
        recipe = self.voice.recipe
        if not self.whole:
            return recipe
        return replace(recipe, training=replace(recipe.training, keep="last", patience=0))

    def run(self, runs: Path) -> Path:
        """Its folder."""
        where = runs / self.voice.name
        if self.whole:
            return where / "all"
        return where / "official" if self.fold is None else where / "folds" / f"fold-{self.fold}"

    def story(self, runs: Path) -> str:
        """How it went, in a line; for a finished one."""
        if self.whole:
            return f"{self.voice.name}, all: learnt from everything"
        what = "official sides" if self.fold is None else f"fold {self.fold}"
        return f"{self.voice.name}, {what}: {in_a_line(self.run(runs))}"


class Trainer:
    """Does the trainings of a blend, one by one."""

    def __init__(
        self, folders: Mapping[str, Path], runs: Path, say: Callable[[str], None] = lambda _: None
    ) -> None:
        """Nothing is done yet.

        Args:
            folders: where each data set lies.
            runs: the folder of all runs.
            say: is told a line where something is learnt beforehand.
        """
        self._folders, self._runs, self._say = folders, runs, say
        self._grounds: dict[tuple[str, bool], Ground] = {}

    def ground(self, name: str, *, folds: bool) -> Ground:
        """A data set, divided into folds or its official sides.

        Raises:
            BadDataset, BadSplit: it cannot be.
        """
        key = name, folds
        if key not in self._grounds:
            self._grounds[key] = ground(name, self._folders[name], self._runs, folds=folds)
        return self._grounds[key]

    def is_finished(self, training: Training) -> bool:
        """Whether it need not be done again.

        Raises:
            BadRecipe: it was done by another recipe.
        """
        run = training.run(self._runs)
        as_begun(run, training.recipe)
        return is_finished(run)

    def begun(self, training: Training, *, jobs: int) -> tuple[Sides, Mapping[str, Tensor] | None]:
        """Whom it learns from and judges, and the weights that it begins with, if any.

        Args:
            training: which.
            jobs: worker processes that extract features; 0 if all are there.

        Raises:
            BadRecipe, BadDataset, BadSplit, BadFeature, UnreadableFile: the data cannot be used.
            EarmarkError: nothing could be learnt beforehand, or a folder cannot be written.
        """
        recipe = training.recipe
        official = training.fold is None and not training.whole
        stores = self._runs / "features"
        sides = sides_of(
            recipe,
            self.ground(recipe.data.main, folds=not official),
            self._folders,
            feature_of(recipe),
            stores,
            fold=training.fold,
            whole=training.whole,
            jobs=jobs,
        )
        kept = self._runs / "pretrained"
        return begun(recipe, sides, self._folders, stores, kept, jobs=jobs, say=self._say)

    def train(
        self, training: Training, *, jobs: int, watch: Watch = lambda _: nullcontext()
    ) -> None:
        """Do it, or go on with it.

        Args:
            training: which.
            jobs: worker processes that extract features; 0 if all are there.
            watch: gives a Lightning callback that shows a training of so many epochs, or None.

        Raises:
            BadRecipe: the recipe does not fit, or the run was made by another.
            BadDataset, BadSplit, BadFeature, UnreadableFile: the data cannot be used.
            EarmarkError: nothing could be learnt, or a folder cannot be written.
            KeyboardInterrupt: it was interrupted.
        """
        run = training.run(self._runs)
        recipe = as_begun(run, training.recipe)
        sides, start = self.begun(training, jobs=jobs)
        with watch(recipe.training.epochs) as watcher:
            train_on(
                recipe,
                sides,
                run,
                start=start,
                resume=(run / "recipe.json").is_file(),
                callbacks=[watcher] if watcher is not None else [],
                export=training.fold is None,
                checkpoint_seconds=_CHECKPOINT_SECONDS,
            )
        for name in (LAST, KEPT):
            (run / name).unlink(missing_ok=True)


def training_job(
    blend: str, threads: int, folders: Mapping[str, str], runs: str
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """What a worker process does: it is told a training, and answers when that is finished.

    Its features must be there.

    Raises:
        BadRecipe: the recipe of the blend cannot be read.
    """
    voices = {voice.name: voice for voice in read_blend(Path(blend), threads=threads).voices}
    trainer = Trainer({name: Path(folder) for name, folder in folders.items()}, Path(runs))

    def answer(request: Mapping[str, Any]) -> dict[str, Any]:
        training = Training(voices[request["voice"]], request["fold"], request["whole"])
        try:
            trainer.train(training, jobs=0)
        except EarmarkError as error:
            return {"error": str(error)}
        return {"done": True}

    return answer


def job_settings(blend: BlendRecipe, folders: Mapping[str, Path], runs: Path) -> dict[str, Any]:
    """What `training_job` needs to know, as JSON can hold it."""
    return {
        "blend": str(blend.path),
        "threads": blend.threads,
        "folders": {name: str(folder) for name, folder in folders.items()},
        "runs": str(runs),
    }


def as_request(training: Training) -> dict[str, Any]:
    """What a worker is told of a training, as JSON can hold it."""
    return {"voice": training.voice.name, "fold": training.fold, "whole": training.whole}
