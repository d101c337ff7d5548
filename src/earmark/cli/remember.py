"""`earmark remember`: give a bundle a memory of music, and of sounds that are none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from earmark.cli.messages import say
from earmark.cli.output import write_text
from earmark.cli.progress import progress_bar
from earmark.crew import available_cores
from earmark.datasets import open_dataset, parse_data_option
from earmark.errors import BadBundle, BadDataset, EarmarkError

LEARNT, JUDGED = 180, 60
"""Sounds of each kind."""


def run(
    bundle: Path, *, data: Sequence[str], features: Path | None, seed: int, out: Path | None
) -> None:
    """Gather, learn, judge, and write."""
    from earmark.bandwidth import read_extension
    from earmark.bundle import extend_bundle, read_bundle
    from earmark.features import LogMel
    from earmark.memory import FILE, memory_file, memory_manifest
    from earmark.remembering.gathering import gather_music, gather_sounds, unchanged
    from earmark.remembering.judging import as_table, learn_and_judge
    from earmark.sounds import JUDGED as OTHERS
    from earmark.sounds import LEARNT as KINDS
    from earmark.sounds import lacking

    whole = read_bundle(bundle)
    if whole.feature != LogMel():
        raise BadBundle(f"{bundle}: judges no default log-mel, of which a memory is made")
    named = [parse_data_option(text) for text in data]
    if len(dict(named)) < len(named):
        raise BadDataset("--data names a data set twice")
    datasets = [open_dataset(name, folder) for name, folder in named]
    heard = read_extension(whole) or unchanged
    judged = {name: maker for name, maker in OTHERS.items() if not lacking(name)}
    for name in OTHERS.keys() - judged.keys():
        say(f"{name} is not judged: {lacking(name)} is not installed")
    tracks = sum(len(dataset.tracks()) for dataset in datasets)
    total = 2 * tracks + LEARNT * len(KINDS) + JUDGED * len(judged)
    with progress_bar(total, "sounds") as done:
        music = gather_music(
            datasets,
            features or Path("runs/features"),
            heard=heard,
            seed=seed,
            jobs=available_cores(),
            done=done,
        )
        sounds = gather_sounds(KINDS, LEARNT, heard=heard, seed=seed, done=done)
        others = gather_sounds(judged, JUDGED, heard=heard, seconds=[30.0], seed=seed, done=done)
    memory, report = learn_and_judge(music, sounds, others, seed=seed)
    about: dict[str, Any] = {
        "command": " ".join(["earmark remember", *(f"--data {name}=DIR" for name, _ in named)]),
        "seed": seed,
        "sounds of each kind": {"learnt": LEARNT, "judged": JUDGED},
        "not judged": sorted(OTHERS.keys() - judged.keys()),
        **report,
    }
    try:
        extend_bundle(
            bundle,
            about={"memory": {**memory_manifest(memory), "report": about}},
            files={FILE: memory_file(memory)},
        )
    except OSError as error:
        raise EarmarkError(f"{bundle}: cannot be written: {error.strerror}") from error
    if out is not None:
        write_text(out, json.dumps(about, indent=1, ensure_ascii=False) + "\n")
    print(as_table(report), end="")  # noqa: T201  (the result, on stdout)
