"""What a study of a model says: JSON, from which the Markdown and the page are written.

All of it is read from finished runs, so that the same runs give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from earmark.errors import EarmarkError
from earmark.papers.base import Findings
from earmark.papers.protocols import FOLDS
from earmark.papers.results import write_bytes
from earmark.papers.studies.models import Subject

if TYPE_CHECKING:
    from earmark.papers.running import Outcome

FORMAT, VERSION = "earmark study", 1

TITLES = {
    "pairs": "How well {} tells every two labels of {} apart",
    "classes": "What {} takes for what in {}",
}
HOW = (
    "Leak-free: every track is judged once, by {folds} folds that no artist crosses and models "
    "that have learnt nothing of it or its artist."
)


def about(
    kind: str,
    subject: Subject,
    outcomes: Sequence[Outcome],
    findings: Findings,
    *,
    command: str,
    failed: Mapping[str, str],
) -> dict[str, Any]:
    """Everything that is known of a study, as plain values.

    Args:
        kind: "pairs" or "classes".
        subject: the model.
        outcomes: its finished runs.
        findings: what the study found in them.
        command: what was typed, but for where the data lie.
        failed: why systems could not be run, by title.
    """
    from earmark.training.finish import versions

    recipe, dataset = outcomes[0].recipe, subject.dataset
    tracks = {name for each in outcomes for name in each.answers[subject.output].tracks}
    artists = {track.artist for track in dataset.tracks() if track.id in tracks} - {None}
    seconds = sum(
        run["seconds_per_epoch"] * run["epochs"] for each in outcomes for run in each.runs
    )
    return {
        "format": FORMAT,
        "version": VERSION,
        "study": kind,
        "title": TITLES[kind].format(subject.name, dataset.name),
        "recipe": subject.name,
        "model": {"name": recipe.model.name, "settings": recipe.model.settings},
        "feature": {"name": "log-mel", **recipe.feature},
        "dataset": dataset.name,
        "output": subject.output,
        "tracks": len(tracks),
        "artists": len(artists),
        "folds": FOLDS,
        "seeds": len({each.seed for each in outcomes}),
        "trainings": sum(len(each.folders) for each in outcomes),
        "minutes": round(seconds / 60, 3),
        "failed": dict(failed),
        "findings": dict(findings.data),
        "command": command,
        "versions": outcomes[0].runs[0].get("versions") or versions(),
    }


def write(folder: Path, name: str, known: Mapping[str, Any], findings: Findings) -> list[Path]:
    """Write NAME.json, NAME.md, NAME.html and the pictures.

    Returns:
        What was written: these three, then the pictures.

    Raises:
        EarmarkError: it cannot be written.
    """
    from earmark.papers.studies.page import as_html

    files = {
        f"{name}.json": json.dumps(known, indent=1, ensure_ascii=False) + "\n",
        f"{name}.md": markdown(known, findings.text),
        f"{name}.html": as_html(known),
    }
    encoded = {key: text.encode("utf-8", "backslashreplace") for key, text in files.items()}
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for key, data in {**encoded, **findings.pictures}.items():
            write_bytes(folder / key, data)
            written.append(folder / key)
    except OSError as error:
        where = error.filename or folder
        raise EarmarkError(f"{where}: cannot be written: {error.strerror}") from error
    return written


def markdown(known: Mapping[str, Any], text: str) -> str:
    """The study as a page in Markdown."""
    versions = ", ".join(f"{name} {word}" for name, word in known["versions"].items())
    parts = [
        f"# {known['title']}",
        f"{described(known)}. Written by `{known['command']}`.",
        HOW.format(folds=known["folds"]),
        *(f"Left out: {title}: {reason}." for title, reason in known["failed"].items()),
        text,
        f"Versions: {versions}.",
    ]
    return "\n\n".join(parts) + "\n"


def described(known: Mapping[str, Any]) -> str:
    """The model and what it was judged on, in a line."""
    seeds = f", {known['seeds']} seeds" if known["seeds"] > 1 else ""
    return (
        f"{known['model']['name']} on {known['feature']['name']}, "
        f"{known['dataset']}: {known['tracks']} tracks by {known['artists']} known artists{seeds}"
    )
