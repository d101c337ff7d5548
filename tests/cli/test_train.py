"""`earmark train` in processes of its own: killed, interrupted, refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs signals and limits of POSIX")


def lines(text: str) -> list[str]:
    return text.rstrip("\n").splitlines()


@pytest.fixture
def command(recipe, miniature):
    """The command line of a training, and what is added to it."""

    def command(*more: object) -> list[str]:
        return list(map(str, ["train", recipe, "--data", f"gtzan-mel={miniature}", *more]))

    return command


EPOCHS = 30  # more than will pass until the signal arrives; the resumed run has as many


@pytest.fixture(scope="module")
def undisturbed(recipe, miniature, tmp_path_factory) -> Path:
    """The run of as many epochs that nobody stops."""
    from earmark.training.recipe import read_recipe
    from earmark.training.run import train

    run = tmp_path_factory.mktemp("runs") / "undisturbed"
    train(read_recipe(recipe, [f"training.epochs={EPOCHS}"]), {"gtzan-mel": miniature}, run)
    return run


@pytest.fixture
def stopped(command, tmp_path):
    """Send a signal to a training once it has finished two epochs; gives the process and run."""

    def stop(number: int) -> tuple[subprocess.Popen, Path]:
        run = tmp_path / "stopped"
        epochs = ["--set", f"training.epochs={EPOCHS}"]
        arguments = [sys.executable, "-m", "earmark", *command("--out", run, *epochs)]
        process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )
        metrics = run / "metrics.jsonl"
        deadline = time.monotonic() + 60
        while not metrics.exists() or len(metrics.read_text().splitlines()) < 2:
            assert time.monotonic() < deadline
            assert process.poll() is None, process.communicate()
            time.sleep(0.005)
        process.send_signal(number)
        return process, run

    return stop


def epochs(run: Path) -> int:
    return len((run / "metrics.jsonl").read_text().splitlines())


def metrics(run: Path) -> list[dict]:
    return [json.loads(line) for line in lines((run / "metrics.jsonl").read_text())]


def weights(run: Path) -> bytes:
    return (run / "bundle" / "weights.safetensors").read_bytes()


@POSIX
def test_a_killed_run_loses_at_most_one_epoch(stopped, earmark, command, undisturbed):
    process, run = stopped(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert not (run / "bundle").exists()
    before = epochs(run)

    resumed = earmark(*command("--resume", run, "--set", f"training.epochs={EPOCHS}"))
    assert resumed.returncode == 0, resumed.stderr
    told = sum(f"/{EPOCHS}  train loss" in line for line in lines(resumed.stderr))
    assert told <= EPOCHS - before + 1
    assert weights(run) == weights(undisturbed)
    losses = [[line["valid_loss"] for line in metrics(each)] for each in (run, undisturbed)]
    assert losses[0] == losses[1]


@POSIX
def test_ctrl_c_says_how_to_go_on(stopped, earmark, command, undisturbed):
    process, run = stopped(signal.SIGINT)
    output, messages = process.communicate(timeout=60)
    assert process.returncode == 130
    assert output == ""
    *_, last = lines(messages)
    assert last == f"earmark: error: stopped; to go on, add --resume {run}"
    assert "Traceback" not in messages
    assert all(line.startswith("earmark: ") for line in lines(messages))

    resumed = earmark(*command("--resume", run, "--set", f"training.epochs={EPOCHS}"))
    assert resumed.returncode == 0, resumed.stderr
    assert weights(run) == weights(undisturbed)


def test_in_a_pipe_it_writes_a_line_per_epoch(earmark, command, tmp_path):
    settings = ["--set", "training.epochs=2", "--set", "seed=4"]
    process = earmark(*command(*settings), cwd=tmp_path)
    assert process.returncode == 0
    run = Path("runs") / "tiny-s4"  # by recipe and seed
    assert process.stdout == f"{run / 'bundle'}\n"
    first, second, epoch, result = lines(process.stderr)
    assert first.startswith("earmark: epoch 1/2  train loss ")
    assert "valid accuracy" in second
    assert "of 2 is best" in epoch
    assert result.startswith("earmark: genre: valid accuracy ")
    assert "95 % interval" in result
    assert json.loads((tmp_path / run / "recipe.json").read_text())["seed"] == 4


def test_a_fold_is_judged_once(earmark, command, miniature, tmp_path):
    folds = tmp_path / "folds.json"
    split = earmark("split", f"gtzan-mel={miniature}", "--folds", 3, "--naive", "--out", folds)
    assert split.returncode == 0, split.stderr
    more = ["--split", folds, "--fold", 2, "--set", "training.epochs=1"]
    process = earmark(*command(*more), cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "runs" / "tiny-s0-fold-2" / "bundle").is_dir()
    warning, *_, result = lines(process.stderr)
    assert warning.startswith(f"earmark: warning: {folds}: ")
    assert result.startswith("earmark: genre: test accuracy ")

    process = earmark(*command("--split", folds), cwd=tmp_path)
    assert process.returncode == 2
    assert lines(process.stderr)[-1].startswith(f"earmark: error: {folds}: is 3 folds: ")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--set", "training.epoch=3"], "unknown key 'training.epoch'; did you mean 'epochs'?"),
        (["--data", "audio=x"], "--data audio: the recipe uses only gtzan-mel"),
        (["--data", "x"], "write NAME=DIR"),
        (["--data", "gtzan-mel=x"], "--data names a data set twice"),
        (["--resume", "a", "--out", "b"], "give one of them"),
        (["--resume", "absent"], "absent: no run to resume"),
        (["--split", "absent.json"], "absent.json: "),
        (["--fold", "1"], "--fold names a fold of a split: add --split FILE.json"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(earmark, command, tmp_path, more, words):
    process = earmark(*command(*more), cwd=tmp_path)
    assert process.returncode == 2
    (line,) = lines(process.stderr)
    assert line.startswith("earmark: error: ")
    assert words in line
    assert process.stdout == ""
    assert list(tmp_path.iterdir()) == []


@POSIX
def test_a_full_disk_is_one_line(command, finished, tmp_path):
    import resource

    features = finished.parent / "features"  # so that the run is the first to find the disk full

    def limit() -> None:  # a file cannot grow beyond this, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    process = subprocess.run(
        [
            sys.executable,
            "-m",
            "earmark",
            *command("--out", tmp_path / "run", "--features", features),
        ],
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        preexec_fn=limit,
    )
    assert process.returncode == 1
    last = lines(process.stderr)[-1]
    assert last.startswith(f"earmark: error: {tmp_path / 'run'}")
    assert "cannot be written: File too large" in last
    assert "Traceback" not in process.stderr


def test_without_torch_it_says_what_to_install(earmark_without, command, tmp_path):
    process = earmark_without(["torch", "lightning"], *command("--out", tmp_path / "run"))
    assert process.returncode == 1
    (line,) = lines(process.stderr)
    assert "training needs the extra `train`" in line
    assert "pip install 'earmark[train]'" in line
