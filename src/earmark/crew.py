"""Many requests → one answer each, in the order of the requests, by worker processes side by side.

A worker is a separate Python process (`earmark.worker`) that is told one request at a time as a
line of JSON and answers with one line, so that a decoder that crashes or is killed costs its own
request and no other. Nothing is pickled, and what a worker is to do is named, not sent: a *job* is
"module:function", where the function takes the job's settings and gives the function that answers.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from earmark.errors import EarmarkError

Answer = dict[str, Any]

# glibc gives the memory of large arrays back to the system and asks for it anew, file after file,
# which can take as long as the work itself. It may keep up to 64 MiB.
_MMAP_THRESHOLD, _TRIM_THRESHOLD = 32 << 20, 64 << 20

WORKER_ENVIRONMENT = {
    # One thread each: workers stand side by side instead.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(_MMAP_THRESHOLD),
    "MALLOC_TRIM_THRESHOLD_": str(_TRIM_THRESHOLD),
}
"""What the environment of a worker has that its parent's may not."""

_POLL_SECONDS = 0.2  # how often a wait looks up, so that Ctrl-C is heard on every system


class WorkerDied(EarmarkError):
    """The process that worked on a request ended without an answer."""


class JobRefused(EarmarkError):
    """Workers cannot take the job up; the message is what the job said."""


def keep_freed_memory() -> None:
    """Have this process keep the memory of large arrays, as workers do; without glibc, nothing."""
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # other systems have none, or no such handle
        return
    mallopt(-3, _MMAP_THRESHOLD)  # M_MMAP_THRESHOLD of malloc.h
    mallopt(-1, _TRIM_THRESHOLD)  # M_TRIM_THRESHOLD


def available_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Crew:
    """Threads that each keep one worker process busy with the next request."""

    def __init__(
        self, job: str, settings: Mapping[str, Any], requests: Sequence[Any], jobs: int
    ) -> None:
        """Start the workers.

        Args:
            job: "module:function" of what they do.
            settings: the function's keyword arguments, as JSON can hold them.
            requests: what they are asked, one by one, as JSON can hold it.
            jobs: how many there are at most.
        """
        self._pending = iter(enumerate(requests))
        self._count = len(requests)
        self._lock = threading.Lock()
        self._done: queue.Queue[tuple[int, Answer | WorkerDied] | EarmarkError] = queue.Queue()
        self._workers = [_Worker(job, settings) for _ in range(min(jobs, self._count))]
        self._stopped = False

    def answers(self) -> Generator[Answer | WorkerDied]:
        """The answers in order, each as soon as it can be had; for a worker's death, its story.

        Raises:
            JobRefused: the job cannot be done with these settings.
            EarmarkError: no worker can be started.
        """
        threads = [threading.Thread(target=self._serve, args=(w,)) for w in self._workers]
        for thread in threads:
            thread.daemon = True
            thread.start()
        early: dict[int, Answer | WorkerDied] = {}
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
                index, request = next(self._pending, (-1, None))
            if index < 0:
                return
            try:
                self._done.put((index, worker.ask(request)))
            except WorkerDied as story:
                self._done.put((index, story))
            except EarmarkError as error:
                self._done.put(error)
                return


class _Worker:
    """One worker process, started anew after it died."""

    def __init__(self, job: str, settings: Mapping[str, Any]) -> None:
        self._command = [sys.executable, "-m", "earmark.worker", job, json.dumps(dict(settings))]
        self._process: subprocess.Popen[bytes] | None = self._spawn()
        self._greeted = False
        self._killed = False

    def ask(self, request: Any) -> Answer:
        """Have a request answered.

        Raises:
            WorkerDied: the process ended over it.
            JobRefused: the worker cannot take up the job.
            EarmarkError: no worker can be started.
        """
        if self._process is None or self._process.poll() is not None:
            self._process = self._spawn()  # the last one died; not this request's fault
        process = self._process
        if not self._greeted:
            self._greet(process)
        answer = _exchange(process, json.dumps(request))
        if answer is None:
            raise WorkerDied(self._bury(process))
        return answer

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        self._killed = True
        if self._process is not None:
            self._bury(self._process)

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._greeted = False
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **WORKER_ENVIRONMENT},
        )

    def _greet(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until a new worker is ready for its job."""
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
            raise JobRefused(greeting["error"])
        self._greeted = True

    def _bury(self, process: subprocess.Popen[bytes]) -> str:
        process.kill()
        status = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not self._killed:
                pipe.close()
        self._process = None
        return f"signal {-status}" if status < 0 else f"exit code {status}"


def _exchange(process: subprocess.Popen[bytes], request: str) -> Answer | None:
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
