"""Several processes of one training: who they are told to be, and how they end together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from earmark.errors import BadRecipe, EarmarkError
from earmark.training.ranks import LOST_TOUCH, Place, launch, place

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
WHO = "import os, sys, time; rank = int(os.environ['RANK']); "


def run(code: str, devices: int = 2, nodes: int = 1) -> int:
    return launch([sys.executable, "-c", WHO + code], devices, nodes)


def test_each_is_told_its_place(tmp_path, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    names = "['WORLD_SIZE', 'LOCAL_RANK', 'LOCAL_WORLD_SIZE', 'MASTER_ADDR', 'OMP_NUM_THREADS']"
    code = (
        f"file = open(r'{tmp_path}' + f'/{{rank}}', 'w');"
        f"print(*[os.environ[name] for name in {names}], file=file)"
    )
    assert run(code, devices=3) == 0
    for rank in range(3):
        world, local_rank, local_world, address, threads = (
            (tmp_path / str(rank)).read_text().split()
        )
        assert (world, local_rank, local_world) == ("3", str(rank), "3")
        assert address == "127.0.0.1"
        assert int(threads) * 3 <= max(3, os.cpu_count())


def test_a_process_reads_its_place_as_torchrun_says_it(monkeypatch):
    told = {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4"}
    for name in told:
        monkeypatch.delenv(name, raising=False)
    assert place() is None
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert place() == Place(rank=5, world=8, local_rank=1, local_world=4)


def test_the_second_of_two_nodes_has_the_later_ranks(tmp_path, monkeypatch):
    monkeypatch.setenv("MASTER_ADDR", "10.0.0.1")
    monkeypatch.setenv("MASTER_PORT", "2345")
    monkeypatch.setenv("NODE_RANK", "1")
    code = f"open(r'{tmp_path}' + f'/{{rank}}', 'w').write(os.environ['MASTER_ADDR'])"
    assert run(code, nodes=2) == 0
    assert (tmp_path / "2").read_text() == (tmp_path / "3").read_text() == "10.0.0.1"


def test_a_node_must_know_which_it_is(monkeypatch):
    monkeypatch.setenv("MASTER_ADDR", "10.0.0.1")
    monkeypatch.setenv("MASTER_PORT", "2345")
    monkeypatch.delenv("NODE_RANK", raising=False)
    with pytest.raises(BadRecipe, match="--nodes 2: set NODE_RANK, on every node"):
        run("pass", nodes=2)
    monkeypatch.setenv("NODE_RANK", "2")
    with pytest.raises(BadRecipe, match="NODE_RANK must be from 0 to 1, not '2'"):
        run("pass", nodes=2)


def test_only_the_first_is_heard(capfd):
    assert run("print('out', rank); print('err', rank, file=sys.stderr)") == 0
    assert capfd.readouterr() == ("out 0\n", "err 0\n")


def test_the_first_says_itself_what_was_wrong():
    assert run("sys.exit(2)") == 2


def test_another_s_reason_is_the_last_thing_it_said(capfd):
    code = (
        "rank or time.sleep(60);"
        "print('note\\nearmark: error: no such folder', file=sys.stderr); sys.exit(2)"
    )
    began = time.monotonic()
    with pytest.raises(EarmarkError) as caught:
        run(code)
    assert str(caught.value) == "the process of rank 1 failed: no such folder"
    assert time.monotonic() - began < 30  # the first was ended
    assert capfd.readouterr().err == ""


def test_one_that_only_missed_another_is_not_blamed():
    code = (
        f"rank or sys.exit({LOST_TOUCH});"
        "time.sleep(0.5); print('RuntimeError: odd', file=sys.stderr); sys.exit(1)"
    )
    with pytest.raises(EarmarkError, match="rank 1 failed: RuntimeError: odd"):
        run(code)
    with pytest.raises(EarmarkError, match="another node are gone"):
        run(f"sys.exit({LOST_TOUCH})")


@POSIX
def test_one_that_was_killed_is_named():
    with pytest.raises(EarmarkError, match=r"rank 1 was killed \(signal 9\)"):
        run("rank and os.kill(os.getpid(), 9); time.sleep(0.2); sys.exit(rank or 117)")


PARENT = """
import sys
from earmark.training.ranks import launch
launch([sys.executable, "-c", sys.argv[1]], 2)
"""
CHILD = """
import os, pathlib, time
from earmark.training.ranks import end_with_parent
end_with_parent()
file = pathlib.Path(FOLDER, os.environ["RANK"]).open("a", buffering=1)
for second in range(1200):
    print(second, file=file)
    time.sleep(0.1)
"""


@POSIX
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_process_outlives_the_one_that_started_it(tmp_path, number):
    child = CHILD.replace("FOLDER", repr(str(tmp_path)))
    files = [tmp_path / "0", tmp_path / "1"]
    deadline = time.monotonic() + 60
    with (tmp_path / "stderr").open("w") as log:
        parent = subprocess.Popen([sys.executable, "-c", PARENT, child], stderr=log)
        while not all(file.exists() for file in files):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        parent.send_signal(number)
        parent.wait(timeout=60)
    written = None
    while written != (written := [file.read_text() for file in files]):  # they still write
        assert time.monotonic() < deadline
        time.sleep(0.5)
