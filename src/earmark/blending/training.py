"""Members → runs: each training is a run folder, and what is finished is not done again.

Several are done side by side, each by a worker process. A run that was stopped is resumed. One that
was made by another recipe is never overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from earmark.blending.recipe import BlendRecipe, Voice
from earmark.blending.sides import FOLDS, Side
from earmark.blending.work import Trainer, Training, Watch, as_request, job_settings
from earmark.crew import Crew, WorkerDied
from earmark.datasets import open_dataset
from earmark.errors import BadRecipe, EarmarkError
from earmark.evaluation.answers import Answers, read_answers
from earmark.features import LogMel
from earmark.features.base import Array
from earmark.papers.runs import pooled, read_epochs, read_json
from earmark.training.features import open_features


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
        extractors: int = 1,
        say: Callable[[str], None] = lambda _: None,
        watch: Watch = lambda _: nullcontext(),
    ) -> None:
        """Nothing is done yet.

        Args:
            blend: what is trained.
            folders: where each data set lies.
            runs: the folder of all runs.
            jobs: how many trainings are done side by side, each by a process of its own.
            extractors: worker processes that extract features.
            say: is told a line for each run.
            watch: gives a Lightning callback that shows a training of so many epochs, or None;
                several side by side are not shown.
        """
        for name in blend.data:
            if name not in folders:
                raise BadRecipe(f"{blend.path}: a member needs {name}: add --data {name}=DIR")
        for name in folders:
            if name not in blend.data:
                raise BadRecipe(f"--data {name}: the members use only {', '.join(blend.data)}")
        self._blend, self._folders, self._runs = blend, folders, runs
        self._jobs, self._extractors, self._say, self._watch = jobs, extractors, say, watch
        self._trainer = Trainer(folders, runs, say)

    def teach(self, side: Side) -> list[Taught]:
        """Train every voice, and read what it says.

        Raises:
            BadRecipe: a recipe does not fit, or a finished run was made by another.
            BadDataset, BadSplit, BadFeature, UnreadableFile: the data cannot be used.
            EarmarkError: nothing could be learnt, or a folder cannot be written.
            KeyboardInterrupt: it was interrupted.
        """
        voices = self._blend.voices
        for voice in voices:  # what is wrong with the data is told before the work
            self._trainer.ground(voice.recipe.data.main, folds=side != "official")
        trainings = [training for voice in voices for training in _trainings(voice, side)]
        wanted = []
        for training in trainings:
            if self._trainer.is_finished(training):
                self._say(training.story(self._runs))
            else:
                wanted.append(training)
        if self._jobs > 1 and len(wanted) > 1:
            self._train_side_by_side(wanted)
        else:
            for training in wanted:
                self._trainer.train(training, jobs=self._extractors, watch=self._watch)
                self._say(training.story(self._runs))
        return [self._taught(voice, side) for voice in voices]

    def log_mels(self, dataset: str, names: Collection[str]) -> Iterator[Array]:
        """The log-mels of tracks of a data set; where they have not been extracted, they are now.

        Raises:
            BadDataset, BadFeature, UnreadableFile: the data cannot be used.
            EarmarkError: the store cannot be written.
        """
        tracks = open_dataset(dataset, self._folders[dataset])
        store = open_features(tracks, LogMel(), self._runs / "features", jobs=self._extractors)
        for track in tracks.tracks():
            if track.id in names and track.id not in store.failures:
                yield store.read(track.id)

    def _train_side_by_side(self, trainings: Sequence[Training]) -> None:
        """Have worker processes do it, once all features and pretrained weights are there."""
        for training in {each.voice.member: each for each in trainings}.values():
            self._trainer.begun(training, jobs=self._extractors)  # one of each member's
        settings = job_settings(self._blend, self._folders, self._runs)
        requests = [as_request(training) for training in trainings]
        crew = Crew("earmark.blending.work:training_job", settings, requests, self._jobs)
        with closing(crew.answers()) as answers:
            for training, answer in zip(trainings, answers, strict=True):
                if isinstance(answer, WorkerDied):
                    run = training.run(self._runs)
                    raise EarmarkError(
                        f"{run}: the process that trained it died ({answer}); the same command "
                        "goes on where it was"
                    )
                if "error" in answer:
                    raise EarmarkError(answer["error"])
                self._say(training.story(self._runs))

    def _taught(self, voice: Voice, side: Side) -> Taught:
        """What came of a voice's trainings."""
        judged = [each for each in _trainings(voice, side) if not each.whole]
        folders = tuple(training.run(self._runs) for training in judged)
        temperatures = _temperatures(folders)
        if side == "official":
            return Taught(voice, pooled(folders), {}, temperatures, folders, folders[0])
        sides = self._trainer.ground(voice.recipe.data.main, folds=True).folds.sides
        folds = {name: fold for fold in range(FOLDS) for name in sides[f"fold-{fold}"]}
        model = Training(voice, whole=True).run(self._runs) if side == "all" else None
        return Taught(voice, _held_out(folders), folds, temperatures, folders, model)


def _trainings(voice: Voice, side: Side) -> list[Training]:
    """What is trained of a voice."""
    if side == "official":
        return [Training(voice)]
    folds = [Training(voice, fold=fold) for fold in range(FOLDS)]
    return [*folds, Training(voice, whole=True)] if side == "all" else folds


def _held_out(folders: Sequence[Path]) -> dict[str, Answers]:
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


def _temperatures(runs: Sequence[Path]) -> dict[str, float]:
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
