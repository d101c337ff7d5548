"""Many files → one outcome each, in the order of the files, judged by worker processes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earmark.crew import Crew, JobRefused, WorkerDied, available_cores, keep_freed_memory
from earmark.errors import BadBundle, EarmarkError, UnreadableAudio
from earmark.prediction import Prediction, Timeline, Window

if TYPE_CHECKING:
    from earmark.classifier import Classifier


@dataclass(frozen=True)
class Outcome:
    """What became of one file: a prediction, or the reason why there is none.

    Attributes:
        path: the file.
        prediction: what the model says of all of it.
        error: why there is no prediction.
        timeline: what the model says of its parts, where that was asked for.
    """

    path: Path
    prediction: Prediction | None = None
    error: str | None = None
    timeline: Timeline | None = None


def judge_file(
    classifier: Classifier, path: Path, *, whole: bool = False, timeline: bool = False
) -> Outcome:
    """Judge one file here; whatever is wrong with it becomes its outcome.

    Raises:
        BadBundle: a model cannot be opened, of a classifier that did not wait for that.
    """
    try:
        prediction = classifier.predict(path, whole=whole)
        if not timeline:
            return Outcome(path, prediction)
        from earmark.timeline import judge_timeline

        return Outcome(path, prediction, timeline=judge_timeline(classifier, path))
    except UnreadableAudio as error:
        return Outcome(path, error=error.reason)
    except BadBundle:
        raise
    except (EarmarkError, OSError, MemoryError, RuntimeError, ValueError, ArithmeticError) as error:
        # Decoders have their own ways to fail on odd files; none may stop the others.
        text = " ".join(str(error).split())
        return Outcome(path, error=f"cannot be judged: {type(error).__name__}: {text}")


def judge_files(
    paths: Sequence[Path],
    *,
    model: Path | None = None,
    outputs: Sequence[str] | None = None,
    jobs: int = 1,
    whole: bool = False,
    timeline: bool = False,
) -> Generator[Outcome]:
    """Judge files side by side; outcomes come in the order of `paths` as soon as they can.

    Args:
        paths: the files.
        model: folder of the bundle; None for the default one.
        outputs: the only ones that are wanted; None for all.
        jobs: number of worker processes. A single file is judged in this process.
        whole: judge all of each file instead of three windows.
        timeline: judge each file every few seconds as well.

    Raises:
        BadBundle: the bundle cannot be used.
        EarmarkError: worker processes cannot be started.
    """
    if len(paths) == 1:
        from earmark.classifier import Classifier  # a parent of workers needs no numpy

        keep_freed_memory()
        threads = min(jobs, available_cores())
        classifier = Classifier.load(model, outputs=outputs, threads=threads, wait=False)
        yield judge_file(classifier, paths[0], whole=whole, timeline=timeline)
    elif paths:
        settings = {
            "model": None if model is None else str(model),
            "outputs": outputs,
            "whole": whole,
            "timeline": timeline,
        }
        crew = Crew("earmark.batch:judging_job", settings, [str(path) for path in paths], jobs)
        try:
            with closing(crew.answers()) as answers:
                for path, answer in zip(paths, answers, strict=True):
                    yield _outcome(path, answer)
        except JobRefused as error:
            raise BadBundle(str(error)) from error


def judging_job(
    model: str | None, whole: bool, timeline: bool = False, outputs: Sequence[str] | None = None
) -> Callable[[str], dict[str, Any]]:
    """What a worker does for `judge_files`: a path in, an outcome out.

    Raises:
        BadBundle: the bundle cannot be used.
    """
    from earmark.classifier import Classifier

    classifier = Classifier.load(model, outputs=outputs)
    return lambda path: outcome_to_dict(
        judge_file(classifier, Path(path), whole=whole, timeline=timeline)
    )


def outcome_to_dict(outcome: Outcome) -> dict[str, Any]:
    """An outcome as a worker sends it."""
    if outcome.prediction is None:
        return {"error": outcome.error}
    timeline = None if outcome.timeline is None else asdict(outcome.timeline)
    return {**asdict(outcome.prediction), "timeline": timeline}


def _outcome(path: Path, answer: dict[str, Any] | WorkerDied) -> Outcome:
    if isinstance(answer, WorkerDied):
        return Outcome(path, error=f"the process that judged it died ({answer})")
    if "error" in answer:
        return Outcome(path, error=answer["error"])
    timeline, windows = answer.pop("timeline"), _windows(answer.pop("windows"))
    prediction = Prediction(**{**answer, "windows": windows, "warnings": tuple(answer["warnings"])})
    if timeline is None:
        return Outcome(path, prediction)
    parts = {name: _windows(windows) for name, windows in timeline.items()}
    return Outcome(path, prediction, timeline=Timeline(**parts))


def _windows(windows: Sequence[dict[str, Any]]) -> tuple[Window, ...]:
    return tuple(Window(**window) for window in windows)
