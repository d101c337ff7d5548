"""Members → runs: each training is a run folder, and what is finished is not done again.

    RUNS/features/…                   feature stores, shared by all members
    RUNS/splits/DATASET-KIND.json     who stands where
    RUNS/MEMBER-sSEED/official        a run, as `earmark train` writes it
    RUNS/MEMBER-sSEED/folds/fold-K    one that judges a fold
    RUNS/MEMBER-sSEED/all             one that has learnt from everything

A run that was stopped is resumed. One that was made by another recipe is never overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from earmark.blending.recipe import BlendRecipe, Voice
from earmark.blending.sides import FOLDS, Ground, Side, ground, sides_of
from earmark.errors import BadRecipe, EarmarkError
from earmark.evaluation.answers import Answers, read_answers
from earmark.papers.runs import as_begun, in_a_line, is_finished, pooled, read_epochs, read_json
from earmark.training.folder import KEPT, LAST
from earmark.training.recipe import Recipe
from earmark.training.run import feature_of, train_on

_CHECKPOINT_SECONDS = 60.0

Watch = Callable[[int], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Taught:
    """A voice, trained and judged.

    Attributes:
        voice: what was trained.
        answers: what it said of the judged tracks, by its own names of outputs; folds pooled.
        folds: the fold of each of them; empty where there are none.
        temperatures: of its own outputs; of several runs the geometric mean.
        runs: the folders of these runs.
        model: the run whose model is the blend's; None where folds are all there is.
    """

    voice: Voice
    answers: Mapping[str, Answers]
    folds: Mapping[str, int]
    temperatures: Mapping[str, float]
    runs: tuple[Path, ...]
    model: Path | None

    @property
    def minutes(self) -> float:
        """How long the epochs of all its runs took."""
        every = dict.fromkeys(run for run in (*self.runs, self.model) if run)
        seconds = [float(line["seconds"]) for run in every for line in read_epochs(run)]
        return sum(seconds) / 60


class Workshop:
    """Trains the members of a blend.

    Raises:
        BadRecipe: a data set of a member was given no folder, or one was given that none uses.
    """

    def __init__(
        self,
        blend: BlendRecipe,
        folders: Mapping[str, Path],
        runs: Path,
        *,
        jobs: int = 1,
        say: Callable[[str], None] = lambda _: None,
        watch: Watch = lambda _: nullcontext(),
    ) -> None:
        """Nothing is done yet.

        Args:
            blend: what is trained.
            folders: where each data set lies.
            runs: the folder of all runs.
            jobs: worker processes that extract features.
            say: is told a line for each run.
            watch: gives a Lightning callback that shows a training of so many epochs, or None.
        """
        for name in blend.data:
            if name not in folders:
                raise BadRecipe(f"{blend.path}: a member needs {name}: add --data {name}=DIR")
        for name in folders:
            if name not in blend.data:
                raise BadRecipe(f"--data {name}: the members use only {', '.join(blend.data)}")
        self._blend, self._folders, self._runs = blend, folders, runs
        self._jobs, self._say, self._watch = jobs, say, watch
        self._grounds: dict[str, Ground] = {}

    def teach(self, side: Side) -> list[Taught]:
        """Train every voice, and read what it says.

        Raises:
            BadRecipe: a recipe does not fit, or a finished run was made by another.
            BadDataset, BadSplit, BadFeature, UnreadableFile: the data cannot be used.
            EarmarkError: nothing could be learnt, or a folder cannot be written.
            KeyboardInterrupt: it was interrupted.
        """
        for voice in self._blend.voices:
            if (name := voice.recipe.data.main) not in self._grounds:
                where, folds = self._folders[name], side != "official"
                self._grounds[name] = ground(name, where, self._runs, folds=folds)
        teach = self._on_official_sides if side == "official" else self._by_folds
        taught = [teach(voice) for voice in self._blend.voices]
        if side == "all":
            return [replace(each, model=self._on_everything(each.voice)) for each in taught]
        return taught

    def _on_official_sides(self, voice: Voice) -> Taught:
        run = self._runs / voice.name / "official"
        self._train(voice, voice.recipe, run)
        return Taught(voice, pooled([run]), {}, _temperatures([run]), (run,), run)

    def _by_folds(self, voice: Voice) -> Taught:
        folders = [self._runs / voice.name / "folds" / f"fold-{fold}" for fold in range(FOLDS)]
        for fold, run in enumerate(folders):
            self._train(voice, voice.recipe, run, fold=fold)
        sides = self._grounds[voice.recipe.data.main].folds.sides
        folds = {name: fold for fold in range(FOLDS) for name in sides[f"fold-{fold}"]}
        answers = _held_out(folders)
        return Taught(voice, answers, folds, _temperatures(folders), tuple(folders), None)

    def _on_everything(self, voice: Voice) -> Path:
        """Train to the last epoch, since nothing is left to choose one on."""
        recipe = voice.recipe
        last = replace(recipe.training, keep="last", patience=0)
        run = self._runs / voice.name / "all"
        self._train(voice, replace(recipe, training=last), run, whole=True)
        return run

    def _train(
        self,
        voice: Voice,
        recipe: Recipe,
        run: Path,
        *,
        fold: int | None = None,
        whole: bool = False,
    ) -> None:
        begun = as_begun(run, recipe)
        if not is_finished(run):
            feature = feature_of(recipe)
            sides = sides_of(
                recipe,
                self._grounds[recipe.data.main],
                self._folders,
                feature,
                self._runs / "features",
                fold=fold,
                whole=whole,
                jobs=self._jobs,
            )
            with self._watch(recipe.training.epochs) as watcher:
                train_on(
                    begun,
                    sides,
                    run,
                    resume=(run / "recipe.json").is_file(),
                    callbacks=[watcher] if watcher is not None else [],
                    export=fold is None,
                    checkpoint_seconds=_CHECKPOINT_SECONDS,
                )
            for name in (LAST, KEPT):
                (run / name).unlink(missing_ok=True)
        what = "all" if whole else "official sides" if fold is None else f"fold {fold}"
        told = "learnt from everything" if whole else in_a_line(run)
        self._say(f"{voice.name}, {what}: {told}")


def _held_out(folders: list[Path]) -> dict[str, Answers]:
    """The answers of all folds, with temperatures that the judged tracks have no part in.

    Where a fold was watched while its model was trained, that has its temperature of it; the
    answers get that of the other folds instead.
    """
    parts = []
    for number, run in enumerate(folders):
        part = read_answers(run / "predictions.csv")
        if read_json(run / "run.json")["judged"] == "valid":
            own = _temperatures([run])
            rest = _temperatures([*folders[:number], *folders[number + 1 :]])
            part = {name: _at(answers, own[name] / rest[name]) for name, answers in part.items()}
        parts.append(part)
    return {output: Answers.joined(part[output] for part in parts) for output in parts[0]}


def _at(answers: Answers, sharper: float) -> Answers:
    """The same answers with logits so many times as large."""
    if answers.kind != "classes":
        return answers
    powers = answers.scores**sharper
    return replace(answers, scores=powers / powers.sum(axis=1, keepdims=True))


def _temperatures(runs: list[Path]) -> dict[str, float]:
    """The geometric mean of the temperatures that were fitted in some runs, by output.

    Raises:
        EarmarkError: a run does not say them.
    """
    found: list[dict[str, float]] = []
    for run in runs:
        if "temperatures" not in (told := read_json(run / "run.json")):
            raise EarmarkError(f"{run}: says no temperatures; delete it to train it again")
        found.append(told["temperatures"])
    return {
        name: float(np.exp(np.mean([np.log(told[name]) for told in found]))) for name in found[0]
    }
