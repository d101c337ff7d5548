"""A training step of every network against the same network in Keras 3 on TensorFlow.

python benchmarks/training.py [--json] [--quick] [--only NAME] [--keras-python PYTHON] [--cpu-time]

Both sides have the same layers, batch and precision, Adam and cross-entropy, and train in turn on
noise in memory; a row is milliseconds per clip. `keras_networks.py` says what "the same" is, and
must build as many weights as ours has. Times are the least of several rounds, which where others
work too is steadier than the median. TensorFlow is no part of Earmark: `pip install
earmark[benchmarks]`, or, since it wants versions of its own, into an environment apart whose
interpreter `--keras-python` names.

`--cpu-time` counts processor time on one thread instead, which a busy machine disturbs less.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pairs import Row, main_with, row

LABELS = 10


@dataclass(frozen=True)
class Case:
    """What both train; `half` is bfloat16 where a framework's mixed precision has it."""

    network: str
    shape: tuple[int, ...]
    batch: int
    target: float = 0.0
    half: bool = False
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As it stands in the table."""
        size = " × ".join(map(str, self.shape))
        more = "".join(f", {key} {value}" for key, value in self.settings.items())
        return f"{self.network}{more}, {size}{', bf16' if self.half else ''}"


FULL, SIXTEENTH = (288, 432), (72, 108)
COLOURS, FEW_COLOURS = (*FULL, 3), (*SIXTEENTH, 3)
BATCH_MASKS = {"masks": "batch"}

QUICK = (
    Case("duthoit-cnn", SIXTEENTH, 32, 1.3),
    Case("duthoit-lstm", SIXTEENTH, 32, 1.0),
    Case("duthoit-lstm", SIXTEENTH, 32, 2.0, settings=BATCH_MASKS),
    Case("duthoit-stack", SIXTEENTH, 32),
    Case("yu-cnn", (128, 39), 75),
    Case("zhang-cnn", (128, 39), 75),
    Case("choi-cnn", (96, 96), 75),
    Case("zfnet", FEW_COLOURS, 32),
    Case("gtzanet", FEW_COLOURS, 32),
    Case("liu-dense", (21, 37), 128),
    Case("liu-shallow", (21, 37), 128),
    Case("liu-cnn", (21, 37), 128),
    Case("shah-cnn", (96, 192), 4),
    Case("shah-crnn", (96, 192), 4),
    Case("stats-cnn", (128, 100), 32),
)
LONG = (
    Case("duthoit-cnn", FULL, 32, 0.75),
    Case("duthoit-cnn", FULL, 32, 1.0, half=True),
    Case("duthoit-cnn", (144, 216), 32),
    Case("duthoit-lstm", FULL, 32, 1.0),
    Case("duthoit-lstm", FULL, 32, 2.0, settings=BATCH_MASKS),
    Case("duthoit-stack", FULL, 32),
    Case("yu-cnn", (128, 130), 75),
    Case("zhang-cnn", (128, 130), 75),
    Case("choi-cnn", (128, 130), 75),
    Case("zfnet", COLOURS, 8),
    Case("gtzanet", COLOURS, 8),
    Case("liu-dense", (21, 997), 128),
    Case("liu-shallow", (21, 997), 128),
    Case("liu-cnn", (21, 997), 32),
    Case("shah-cnn", (128, 387), 4),
    Case("shah-crnn", (128, 387), 4),
    Case("stats-cnn", (128, 387), 32),
)


@contextlib.contextmanager
def keras(python: str) -> Iterator[Callable[[dict[str, Any]], Any]]:
    """The other process; what is given is answered."""
    asked = [python, "-c", "import tensorflow, keras"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        raise SystemExit(
            f"{python} has no TensorFlow: pip install 'tensorflow>=2.18' into an environment, and "
            "name its interpreter with --keras-python"
        )
    command = [python, str(Path(__file__).with_name("keras_networks.py"))]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        bufsize=1,
    ) as process:
        sent, answers = process.stdin, process.stdout
        assert sent is not None
        assert answers is not None

        def ask(order: dict[str, Any]) -> Any:
            sent.write(json.dumps(order) + "\n")
            line = answers.readline()
            if not line:
                raise SystemExit(f"Keras gave up at {order}; run {' '.join(command)} to see why")
            return json.loads(line)

        yield ask
        sent.close()


def trainer(case: Case, threads: int) -> tuple[int, Callable[[], object]]:
    """Number of weights that learn, and one step on a batch of noise."""
    import torch

    from earmark.networks import build_network
    from earmark.training.memory import keep_freed_memory

    keep_freed_memory()  # as `earmark train` does
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network = build_network(
        case.network, case.settings, shape=case.shape, outputs={"genre": LABELS}
    ).to(memory_format=torch.channels_last)
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer = torch.optim.Adam(weights, fused=True)
    clips, answers = torch.rand(case.batch, *case.shape), torch.randint(LABELS, (case.batch,))
    network.train()

    def step() -> float:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=case.half):
            (logits,) = network(clips)
        loss = torch.nn.functional.cross_entropy(logits.float(), answers)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return float(loss.detach())

    return sum(weight.numel() for weight in weights), step


def threads_of(wanted: argparse.Namespace) -> int:
    return 1 if wanted.cpu_time else os.cpu_count() or 1


def compared(case: Case, ask: Callable[[dict[str, Any]], Any], wanted: argparse.Namespace) -> Row:
    """Both in turn: a first step each, then rounds of about a second, or of one step."""
    clock = time.process_time if wanted.cpu_time else time.perf_counter
    theirs = ask(
        {
            "network": case.network,
            "shape": case.shape,
            "batch": case.batch,
            "settings": case.settings,
            "half": case.half,
        }
    )
    ours, step = trainer(case, threads_of(wanted))
    assert ours == theirs, f"{case.name}: {ours} weights, Keras has {theirs}"

    def run(steps: int) -> float:
        start = clock()
        for _ in range(steps):
            step()
        return clock() - start

    run(2), ask({"steps": 2})
    steps = max(1, int(wanted.seconds / max(run(1), ask({"steps": 1}))))
    times = [(run(steps), ask({"steps": steps})) for _ in range(wanted.rounds)]
    least = [1e3 * min(kept) / steps / case.batch for kept in zip(*times, strict=True)]
    return row(case.name, least[0], least[1], "ms", case.target)


def measure(wanted: argparse.Namespace) -> list[Row]:
    cases = QUICK if wanted.quick else QUICK + LONG
    with keras(wanted.keras_python) as ask:
        ask({"threads": threads_of(wanted), "cpu_time": wanted.cpu_time})
        rows = []
        for case in cases:
            if wanted.only in case.name:
                rows.append(compared(case, ask, wanted))
                print(rows[-1], file=sys.stderr)
        return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Networks against Keras.")
    parser.add_argument("--quick", action="store_true", help="the smallest clips only")
    parser.add_argument("--only", default="", help="rows whose name has this")
    parser.add_argument("--keras-python", default=sys.executable, help="an interpreter")
    parser.add_argument("--cpu-time", action="store_true", help="processor time, one thread")
    parser.add_argument("--rounds", type=int, default=5, help="of each side")
    parser.add_argument("--seconds", type=float, default=0.7, help="of a round, about")
    main_with(parser, measure)
