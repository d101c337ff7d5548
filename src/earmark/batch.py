"""Many files → one outcome each, in the order of the files, judged by worker processes.

A worker is a separate Python process (`earmark.worker`) that is told one file at a time and answers
with one line of JSON, so that a decoder that crashes or is killed costs its own file and no other.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earmark.errors import BadBundle, EarmarkError, UnreadableAudio
from earmark.prediction import Prediction, Window

if TYPE_CHECKING:
    from earmark.classifier import Classifier

_POLL_SECONDS = 0.2  # how often a wait looks up, so that Ctrl-C is heard on every system


@dataclass(frozen=True)
class Outcome:
    """What became of one file: a prediction, or the reason why there is none."""

    path: Path
    prediction: Prediction | None = None
    error: str | None = None


def available_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
        yield from _Crew(paths, model, min(jobs, len(paths)), whole).outcomes()


class _Crew:
    """Threads that each keep one worker process busy with the next file."""

    def __init__(self, paths: Sequence[Path], model: Path | None, jobs: int, whole: bool) -> None:
        self._pending = iter(enumerate(paths))
        self._count = len(paths)
        self._lock = threading.Lock()
        self._done: queue.Queue[tuple[int, Outcome] | EarmarkError] = queue.Queue()
        self._model, self._whole = model, whole
        self._workers = [_Worker(model, whole) for _ in range(jobs)]
        self._stopped = False

    def outcomes(self) -> Generator[Outcome]:
        threads = [threading.Thread(target=self._serve, args=(w,)) for w in self._workers]
        for thread in threads:
            thread.daemon = True
            thread.start()
        early: dict[int, Outcome] = {}
        try:
            for index in range(self._count):
                while index not in early:
                    try:
                        done = self._done.get(timeout=_POLL_SECONDS)
                    except queue.Empty:
                        continue
                    if isinstance(done, EarmarkError):
                        raise done
                    early[done[0]] = done[1]
                yield early.pop(index)
        finally:
            self._stopped = True
            for worker in self._workers:
                worker.kill()
            for thread in threads:
                thread.join()

    def _serve(self, worker: _Worker) -> None:
        while not self._stopped:
            with self._lock:
                index, path = next(self._pending, (-1, Path()))
            if index < 0:
                return
            try:
                self._done.put((index, worker.judge(path)))
            except EarmarkError as error:
                self._done.put(error)
                return


class _Worker:
    """One worker process, started anew after it died."""

    def __init__(self, model: Path | None, whole: bool) -> None:
        command = [sys.executable, "-m", "earmark.worker", *(["--whole"] if whole else [])]
        self._command = [*command, str(model)] if model else command
        self._process: subprocess.Popen[bytes] | None = self._spawn()
        self._greeted = False
        self._killed = False

    def judge(self, path: Path) -> Outcome:
        """Have a file judged.

        Raises:
            BadBundle: the worker cannot use the bundle.
            EarmarkError: no worker can be started.
        """
        if self._process is None or self._process.poll() is not None:
            self._process = self._spawn()  # the last one died; not this file's fault
        process = self._process
        if not self._greeted:
            self._greet(process)
        answer = _exchange(process, json.dumps(str(path)))
        if answer is None:
            return Outcome(path, error=f"the process that judged it died ({self._bury(process)})")
        if "error" in answer:
            return Outcome(path, error=answer["error"])
        windows = tuple(Window(**window) for window in answer.pop("windows"))
        warnings = tuple(answer.pop("warnings"))
        return Outcome(path, Prediction(**answer, windows=windows, warnings=warnings))

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        self._killed = True
        if self._process is not None:
            self._bury(self._process)

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._greeted = False
        # One thread each: workers stand side by side instead.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )

    def _greet(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until a new worker has loaded its model."""
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            status = self._bury(process)
            raise EarmarkError(
                f"a worker process ended as it started ({status}); "
                f"to see why, run: {' '.join(self._command)}"
            )
        greeting = json.loads(line)
        if "error" in greeting:
            raise BadBundle(greeting["error"])
        self._greeted = True

    def _bury(self, process: subprocess.Popen[bytes]) -> str:
        process.kill()
        status = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not self._killed:
                pipe.close()
        self._process = None
        return f"signal {-status}" if status < 0 else f"exit code {status}"


def _exchange(process: subprocess.Popen[bytes], request: str) -> dict[str, Any] | None:
    """Send a line and wait for one; None if the process died."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(request.encode() + b"\n")
        process.stdin.flush()
        answer = process.stdout.readline()
    except (OSError, ValueError):
        return None
    return json.loads(answer) if answer.endswith(b"\n") else None


def outcome_to_dict(outcome: Outcome) -> dict[str, Any]:
    """An outcome as a worker sends it."""
    if outcome.prediction is None:
        return {"error": outcome.error}
    return asdict(outcome.prediction)
