"""One training as several processes, one per device: starting them, watching them, ending them.

The command starts itself once per device. What tells the processes who they are is what torch's own
launcher, `torchrun`, would tell them, so that they can be started by that as well:

    RANK, WORLD_SIZE                which process, of how many on all nodes
    LOCAL_RANK, LOCAL_WORLD_SIZE    which process, of how many on this node
    MASTER_ADDR, MASTER_PORT        where the process of rank 0 is reached

On several nodes the same command is given on each, with MASTER_ADDR, MASTER_PORT and NODE_RANK set.

The process of rank 0 writes all files and talks to the user; of the others only the reason why they
failed is shown. If one fails, none can go on: the rest is ended, at once, which costs an epoch at
most. A process ends when its input does, also when the one that started it was killed.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earmark.crew import available_cores
from earmark.errors import BadRecipe, EarmarkError

LOST_TOUCH = 117
"""Exit code of a process that has nothing to say but that another one was gone."""


class ProcessLost(EarmarkError):
    """One of the processes of a training failed, and so all were ended."""


_WATCHED = "EARMARK_WATCHED_RANK"
_GRACE_SECONDS = 3.0  # for the one that knows the reason to end by itself
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Place:
    """Which of the processes of a training this one is.

    Attributes:
        rank: its number among all.
        world: how many there are.
        local_rank: its number on this node.
        local_world: how many there are on this node.
    """

    rank: int = 0
    world: int = 1
    local_rank: int = 0
    local_world: int = 1


ALONE = Place()


def place() -> Place | None:
    """What this process was told when it was started; None if it was started by a person."""
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
    try:
        return Place(*(int(os.environ[name]) for name in names))
    except (KeyError, ValueError):
        return None


def end_with_parent() -> None:
    """End this process when its input ends, if it was started by `launch`."""
    if os.environ.get(_WATCHED):
        threading.Thread(target=_wait_for_end, daemon=True).start()


def _wait_for_end() -> None:
    while os.read(0, 1):
        pass
    os._exit(LOST_TOUCH)


def launch(command: Sequence[str], devices: int, nodes: int = 1) -> int:
    """Run a command once for each device of this node, and wait until all are done.

    Args:
        command: program and arguments.
        devices: how many processes this node has.
        nodes: how many nodes there are, each with as many.

    Returns:
        0, or the exit code of a process of local rank 0 that has said itself what was wrong.

    Raises:
        BadRecipe: there are several nodes, and the environment does not say which one this is.
        ProcessLost: another process failed; the message is its last line.
        KeyboardInterrupt: the user wants to stop; all have been ended.
    """
    environment = _environment(devices, nodes)
    first = int(environment["NODE_RANK"]) * devices
    with tempfile.TemporaryDirectory() as folder:
        logs = [Path(folder) / f"rank-{i}" for i in range(devices)]
        processes: list[subprocess.Popen[bytes]] = []
        try:
            for i, log in enumerate(logs):
                told = {"RANK": str(first + i), "LOCAL_RANK": str(i)}
                processes.append(_start(command, {**environment, **told}, None if i == 0 else log))
            codes = _wait(processes)
        finally:
            for process in processes:
                process.kill()
                process.wait()
                if process.stdin is not None:
                    process.stdin.close()
        return _verdict(codes, logs, first)


def _environment(devices: int, nodes: int) -> dict[str, str]:
    """What all processes of this node are told."""
    environment = dict(os.environ)
    if nodes > 1:
        for name in ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK"):
            if name not in environment:
                raise BadRecipe(
                    f"--nodes {nodes}: set {name}, on every node: MASTER_ADDR and MASTER_PORT to "
                    "a free port of the first, NODE_RANK to 0, 1, …"
                )
        number = environment["NODE_RANK"]
        if not number.isdecimal() or int(number) >= nodes:
            raise BadRecipe(f"NODE_RANK must be from 0 to {nodes - 1}, not {number!r}")
    else:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), NODE_RANK="0")
    environment.update(WORLD_SIZE=str(devices * nodes), LOCAL_WORLD_SIZE=str(devices))
    environment[_WATCHED] = "1"
    # Each process would else take all cores. A recipe's `training.threads` is still obeyed.
    environment.setdefault("OMP_NUM_THREADS", str(max(1, available_cores() // devices)))
    return environment


def _start(
    command: Sequence[str], environment: Mapping[str, str], log: Path | None
) -> subprocess.Popen[bytes]:
    """Start a process that talks to the user, or, if there is a log, into that."""
    if log is None:
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stderr=sys.stderr, **_out_of_reach()
        )
    with log.open("wb") as file:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=file,
            **_out_of_reach(),
        )


def _out_of_reach() -> dict[str, Any]:
    """Ctrl-C is for the one that watches; the others would tell of it all at once."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _wait(processes: Sequence[subprocess.Popen[bytes]]) -> list[int | None]:
    """Exit codes once all are done, or once one failed and the others had time to say why.

    None stands for a process that still runs.
    """
    deadline = float("inf")
    while None in (codes := [process.poll() for process in processes]):
        if any(codes):
            deadline = min(deadline, time.monotonic() + _GRACE_SECONDS)
        if time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    return codes


def _verdict(codes: Sequence[int | None], logs: Sequence[Path], first: int) -> int:
    """What the exit codes of the processes, in order of rank, mean for the whole."""
    if not any(codes):
        return 0
    if codes[0] is not None and codes[0] > 0 and codes[0] != LOST_TOUCH:
        return codes[0]
    for i, (code, log) in enumerate(zip(codes, logs, strict=True)):
        who = f"the process of rank {first + i}"
        if code is not None and code < 0:
            raise ProcessLost(f"{who} was killed (signal {-code})")
        if code and code != LOST_TOUCH:
            *_, reason = ["it ended", *log.read_text(encoding="utf-8").splitlines()]
            reason = reason.removeprefix("earmark: ").removeprefix("error: ")
            raise ProcessLost(f"{who} failed: {reason}")
    raise ProcessLost("the processes of another node are gone; look there for the reason")
