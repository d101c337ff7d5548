"""Extraction by worker processes of this machine."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path

from earmark.crew import Crew, JobRefused, WorkerDied
from earmark.datasets import Track
from earmark.errors import BadStore, EarmarkError
from earmark.extraction.work import Extracted, as_request
from earmark.store import Row


def by_processes(tracks: Sequence[Track], store: Path, jobs: int) -> Generator[Extracted]:
    """Extract tracks into a store that was begun; results come in the order of the tracks.

    Raises:
        EarmarkError: the store cannot be written, or workers cannot be started.
    """
    requests = [as_request(track) for track in tracks]
    crew = Crew("earmark.extraction.work:extracting_job", {"store": str(store)}, requests, jobs)
    try:
        with closing(crew.answers()) as answers:
            for track, answer in zip(tracks, answers, strict=True):
                if isinstance(answer, WorkerDied):
                    reason = f"the process that worked on it died ({answer})"
                    yield Extracted(Row(id=track.id, error=reason), new=True)
                elif "stop" in answer:
                    raise EarmarkError(answer["stop"])
                else:
                    yield Extracted.from_dict(answer)
    except JobRefused as error:
        raise BadStore(str(error)) from error
