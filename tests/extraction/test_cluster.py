"""A Dask cluster makes the same store, byte for byte, even when it loses a worker on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from earmark.datasets import open_dataset
from earmark.errors import EarmarkError
from earmark.extraction import Extraction
from earmark.features import LogMel

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")


@pytest.fixture
def command(music, tmp_path):
    """`earmark extract --engine dask` at work; in the end, all that it started is gone."""
    line = ["extract", f"audio={music}", "--out", str(tmp_path / "store"), "--engine", "dask"]
    with subprocess.Popen(
        [sys.executable, "-m", "earmark", *line, "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        yield process
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.skipif(os.name != "posix", reason="signals and processes of POSIX systems")
def test_one_of_two_workers_is_killed_while_it_writes(
    command, whole, tree, identities, children_of, tmp_path
):
    store = tmp_path / "store"
    extracting = path = None
    while path is None:
        assert command.poll() is None, command.communicate()
        if 4 <= len(identities(store)) <= 18:
            extracting, path = stopped_while_writing(store)
    before = identities(store)
    workers = [pid for pid, args in children_of(command.pid).items() if "spawn_main" in args]
    victims = [worker for worker in workers if extracting in children_of(worker)]
    assert (len(workers), len(victims)) == (2, 1)
    for pid in (*victims, extracting):
        os.kill(pid, signal.SIGKILL)
    output, messages = command.communicate(timeout=60)
    assert command.returncode == 0, messages
    assert output == f"{store}\n"
    (summary,) = messages.splitlines()
    assert "24 tracks" in summary
    assert "0 failed" in summary
    assert path.name.split("-")[2] not in before
    assert not path.exists()
    assert before.items() <= identities(store).items()
    assert tree(store) == tree(whole)


def stopped_while_writing(store: Path) -> tuple[int | None, Path | None]:
    """A process that has been stopped while it writes an array, and the unfinished array."""
    for path in (store / "unfinished").glob("*.npy"):
        pid = int(path.name.partition("-")[0])
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(0.02)  # until it does stand still
            if path.exists():
                return pid, path
            os.kill(pid, signal.SIGCONT)
    return None, None


def test_a_cluster_that_runs_already_does_parts_of_parts(music, tree, tmp_path):
    dataset = open_dataset("audio", music)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        extraction = Extraction(dataset, LogMel(), tmp_path / "dask", part=2, parts=3)
        done = list(extraction.run_on_cluster(scheduler=cluster.scheduler_address))
    assert sorted(item.row.id for item in done) == sorted(t.id for t in dataset.tracks()[1::3])
    assert all(item.new for item in done)
    for _ in Extraction(dataset, LogMel(), tmp_path / "here", part=2, parts=3).run():
        pass
    assert tree(tmp_path / "dask") == tree(tmp_path / "here")


def test_nobody_at_the_address(music, tmp_path, monkeypatch):
    extraction = Extraction(open_dataset("audio", music), LogMel(), tmp_path / "store")
    monkeypatch.setattr("earmark.extraction.cluster._CONNECT_SECONDS", 1)
    with pytest.raises(EarmarkError, match=r"tcp://127.0.0.1:9: no Dask cluster with workers"):
        list(extraction.run_on_cluster(scheduler="tcp://127.0.0.1:9"))


def test_without_dask(earmark_without, music, tmp_path):
    process = earmark_without(
        ["distributed"], "extract", f"audio={music}", "--out", tmp_path / "s", "--engine", "dask"
    )
    assert process.returncode == 1
    assert process.stdout == ""
    assert process.stderr == (
        "earmark: error: the engine dask needs the extra `cluster` (distributed is missing): "
        "pip install 'earmark[cluster]'\n"
    )
