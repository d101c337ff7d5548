"""Extraction on a Dask cluster: tasks write arrays, and what comes back is rows of the index."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earmark.datasets import open_dataset
from earmark.errors import EarmarkError, MissingExtra
from earmark.extraction.processes import by_processes
from earmark.extraction.work import Extracted

if TYPE_CHECKING:
    from earmark.extraction import Extraction

_TASKS_PER_THREAD = 4  # so that none waits long for the last
_TRACKS_PER_TASK = 256  # at most: what is lost with a worker is looked up again
_CONNECT_SECONDS = 5


def by_dask(extraction: Extraction, jobs: int, scheduler: str | None) -> Generator[Extracted]:
    """Extract the tracks of a store that was begun; results come task by task.

    A worker opens the data set by name and folder, and works by a process of its own as
    `by_processes` does, so that a decoder that crashes costs one file. What a worker that is lost
    had not finished goes to another.

    Raises:
        MissingExtra: dask is not installed.
        EarmarkError: the cluster cannot be reached, or lost too many workers.
    """
    distributed = _distributed()
    dataset, store = extraction.dataset, extraction.writer.folder
    with _client(jobs, scheduler) as client:
        threads = sum(client.nthreads().values())
        count = len(extraction.tracks)
        tasks = min(count, max(_TASKS_PER_THREAD * threads, -(-count // _TRACKS_PER_TASK)))
        futures = [
            client.submit(
                extract_every,
                dataset.name,
                str(dataset.folder.absolute()),
                str(store.absolute()),
                extraction.part - 1 + task * extraction.parts,
                tasks * extraction.parts,
                pure=False,
            )
            for task in range(tasks)
        ]
        try:
            for _, rows in distributed.as_completed(futures, with_results=True):
                yield from map(Extracted.from_dict, rows)
        except distributed.KilledWorker as error:
            raise EarmarkError(
                f"{store}: the cluster lost the worker of a part several times over; "
                "what is finished stays, and the same command goes on from there"
            ) from error


def extract_every(
    name: str, folder: str, store: str, first: int, step: int
) -> list[dict[str, Any]]:
    """What one task does: every so-many-th track of the data set, from the first on."""
    tracks = open_dataset(name, Path(folder)).tracks()[first::step]
    return [done.to_dict() for done in by_processes(tracks, Path(store), jobs=1)]


def _distributed() -> Any:
    """Dask's package for clusters, which has no types."""
    try:
        import distributed
    except ImportError as error:
        raise MissingExtra(
            f"the engine dask needs the extra `cluster` ({error.name} is missing): "
            "pip install 'earmark[cluster]'"
        ) from error
    return distributed


@contextmanager
def _client(jobs: int, scheduler: str | None) -> Iterator[Any]:
    """A client of the cluster at an address, else of one that lives as long as the client."""
    distributed = _distributed()
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # we say ourselves what matters
    if scheduler is None:
        with (
            distributed.LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = distributed.Client(scheduler, timeout=_CONNECT_SECONDS)
        client.wait_for_workers(1, timeout=30)
    except (OSError, ValueError, TimeoutError) as error:
        raise EarmarkError(f"{scheduler}: no Dask cluster with workers answers there") from error
    with client:
        yield client
