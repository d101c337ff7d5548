"""Many files → one outcome each, in the order of the files, judged by worker processes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earmark.crew import Crew, JobRefused, WorkerDied, available_cores
from earmark.errors import BadBundle, EarmarkError, UnreadableAudio
from earmark.prediction import Prediction, Window

if TYPE_CHECKING:
    from earmark.classifier import Classifier


@dataclass(frozen=True)
class Outcome:
    """What became of one file: a prediction, or the reason why there is none."""

    path: Path
    prediction: Prediction | None = None
    error: str | None = None


def judge_file(classifier: Classifier, path: Path, *, whole: bool = False) -> Outcome:
    """Judge one file here; whatever is wrong with it becomes its outcome."""
    try:
        return Outcome(path, classifier.predict(path, whole=whole))
    except UnreadableAudio as error:
        return Outcome(path, error=error.reason)
    except (EarmarkError, OSError, MemoryError, RuntimeError, ValueError, ArithmeticError) as error:
        # Decoders have their own ways to fail on odd files; none may stop the others.
        text = " ".join(str(error).split())
        return Outcome(path, error=f"cannot be judged: {type(error).__name__}: {text}")


def judge_files(
    paths: Sequence[Path], *, model: Path | None = None, jobs: int = 1, whole: bool = False
) -> Generator[Outcome]:
    """Judge files side by side; outcomes come in the order of `paths` as soon as they can.

    Args:
        paths: the files.
        model: folder of the bundle; None for the default one.
        jobs: number of worker processes. A single file is judged in this process.
        whole: judge all of each file instead of three windows.

    Raises:
        BadBundle: the bundle cannot be used.
        EarmarkError: worker processes cannot be started.
    """
    if len(paths) == 1:
        from earmark.classifier import Classifier  # a parent of workers needs no numpy

        classifier = Classifier.load(model, threads=min(jobs, available_cores()))
        yield judge_file(classifier, paths[0], whole=whole)
    elif paths:
        settings = {"model": None if model is None else str(model), "whole": whole}
        crew = Crew("earmark.batch:judging_job", settings, [str(path) for path in paths], jobs)
        try:
            with closing(crew.answers()) as answers:
                for path, answer in zip(paths, answers, strict=True):
                    yield _outcome(path, answer)
        except JobRefused as error:
            raise BadBundle(str(error)) from error


def judging_job(model: str | None, whole: bool) -> Callable[[str], dict[str, Any]]:
    """What a worker does for `judge_files`: a path in, an outcome out.

    Raises:
        BadBundle: the bundle cannot be used.
    """
    from earmark.classifier import Classifier

    classifier = Classifier.load(model)
    return lambda path: outcome_to_dict(judge_file(classifier, Path(path), whole=whole))


def outcome_to_dict(outcome: Outcome) -> dict[str, Any]:
    """An outcome as a worker sends it."""
    if outcome.prediction is None:
        return {"error": outcome.error}
    return asdict(outcome.prediction)


def _outcome(path: Path, answer: dict[str, Any] | WorkerDied) -> Outcome:
    if isinstance(answer, WorkerDied):
        return Outcome(path, error=f"the process that judged it died ({answer})")
    if "error" in answer:
        return Outcome(path, error=answer["error"])
    windows = tuple(Window(**window) for window in answer["windows"])
    rest = {**answer, "windows": windows, "warnings": tuple(answer["warnings"])}
    return Outcome(path, Prediction(**rest))
