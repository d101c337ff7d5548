"""The studies as HTML pages: pictures, and everything that they show as tables beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from earmark.page import document, table, text
from earmark.papers.studies.classes import squares
from earmark.papers.studies.numbers import PAPER, value_of
from earmark.papers.studies.pairs import hardest
from earmark.papers.studies.pictures import pairs_square
from earmark.reporting.figures import percent

STYLES = [("earmark.reporting", "report.css"), ("earmark.papers.studies", "study.css")]

_INTERVALS = ("95 % (Wilson)", "95 % over artists")
_WHICH = (
    "Wilson's interval takes tracks for independent. The other draws artists, whose tracks may be "
    "alike, and is the one to trust."
)


def as_html(known: Mapping[str, Any]) -> str:
    """The page of what `earmark.papers.studies.report.about` gave."""
    bodies = {"pairs": _pairs, "classes": _classes}
    return document(known["title"], [*bodies[known["study"]](known), *_facts(known)], styles=STYLES)


def _facts(known: Mapping[str, Any]) -> Iterator[str]:
    """How the numbers came about."""
    model, feature = known["model"], known["feature"]
    rows = {
        "model": _with_settings(model["name"], model["settings"]),
        "feature": _with_settings(
            feature["name"], {key: value for key, value in feature.items() if key != "name"}
        ),
        "recipe": known["recipe"],
        "data": f"{known['dataset']}: {known['tracks']} tracks by {known['artists']} known artists",
        "judged by": f"{known['folds']} folds that no artist crosses; every track once",
        "seeds": str(known["seeds"]),
        "trainings": f"{known['trainings']}, {_spent(known['minutes'])} in all",
        "command": known["command"],
        "made with": ", ".join(f"{name} {word}" for name, word in known["versions"].items()),
    }
    yield "<section id=how><h2>How it was done</h2><dl class=facts>"
    yield from (f"<dt>{text(head)}</dt><dd>{text(words)}</dd>" for head, words in rows.items())
    yield "</dl>"
    for title, reason in known["failed"].items():
        yield f"<p class=warning><strong>Left out:</strong> {text(title)}: {text(reason)}.</p>"
    yield "</section>"


def _spent(minutes: float) -> str:
    return f"{minutes:.1f} minutes" if minutes >= 1 else f"{60 * minutes:.0f} seconds"


def _with_settings(name: str, settings: Mapping[str, Any]) -> str:
    said = ", ".join(f"{key} {value}" for key, value in settings.items())
    return f"{name} ({said})" if said else name


def _pairs(known: Mapping[str, Any]) -> Iterator[str]:
    found = known["findings"]
    ours = found["columns"][-1]
    mean, paper = found["means"][ours], found["means"].get(PAPER)
    yield (
        f"<p class=headline>{percent(mean['value'])} <small>of tracks right, mean of "
        f"{len(found['pairs'])} pairs, {ours}{_range(mean['interval'])}"
        f"{_beside(paper and paper['value'])}</small></p>"
    )
    yield f"<p>{_sentence(found, ours)}</p>"
    yield "<section id=square><h2>Every pair</h2><div class=beside><figure>"
    yield f"<figcaption>{_caption(paper is not None)}</figcaption>{pairs_square(found).svg()}"
    yield "</figure><div>"
    yield from _by_label(found)
    yield "</div></div></section>"
    yield "<section id=pairs><h2>From the hardest to the easiest</h2>"
    yield from _pair_table(found, ours)
    yield f"<p class=quiet>{_WHICH}</p></section>"


def _caption(paper: bool) -> str:
    if not paper:
        return "Accuracy of each pair, leak-free"
    return "Below the diagonal ours, leak-free; above it what the paper prints"


def _sentence(found: Mapping[str, Any], ours: str) -> str:
    """What is easy and what is hard, in words."""
    means = {label: row[ours] for label, row in found["by_label"].items()}
    order = sorted(means, key=lambda label: means[label])
    easy, hard = order[-1], order[0]
    worst = hardest(found, ours)[0]
    return (
        f"Most easily told from the others: {text(easy)} ({percent(means[easy])} on average). "
        f"Hardest: {text(hard)} ({percent(means[hard])}). The hardest pair is "
        f"{text(' or '.join(worst['pair']))}, {percent(value_of(worst, ours))}; guessing gives "
        "about half."
    )


def _by_label(found: Mapping[str, Any]) -> Iterator[str]:
    """The mean over the pairs of each label."""
    columns = found["columns"]
    by_label = sorted(found["by_label"].items(), key=lambda item: -(item[1][columns[-1]] or 0))
    cells = (
        [text(label), *(percent(row[column]) for column in reversed(columns))]
        for label, row in by_label
    )
    foot = ["mean", *(percent(found["means"][column]["value"]) for column in reversed(columns))]
    yield "<h3>Mean over the pairs of each label</h3>"
    yield from table("Mean by label", ["label", *reversed(columns)], cells, foot=foot)


def _pair_table(found: Mapping[str, Any], ours: str) -> Iterator[str]:
    paper = PAPER in found["columns"]
    heads = [
        "pair",
        "tracks",
        "accuracy",
        *_INTERVALS,
        *(["paper", "ours − paper"] if paper else []),
    ]
    yield from table(
        "All pairs", heads, (_pair_row(row, ours, paper) for row in hardest(found, ours))
    )


def _pair_row(row: Mapping[str, Any], ours: str, paper: bool) -> list[str]:
    said = row[ours]
    cells = [
        text(" or ".join(row["pair"])),
        str(said["n"]),
        percent(said["value"]),
        _bounds(said["interval_wilson"]),
        _bounds(said["interval_by_artist"]),
    ]
    if paper:
        printed = row[PAPER]
        more = None if printed is None else 100 * (said["value"] - printed)
        cells += [percent(printed), "–" if more is None else f"{more:+.1f}".replace("-", "−")]
    return cells


def _classes(known: Mapping[str, Any]) -> Iterator[str]:
    yield (
        "<p>Rows are true labels, columns are answers, numbers are shares of the row in %. Blue is "
        "right, orange wrong.</p>"
    )
    for number, found in enumerate(known["findings"]["sets"]):
        yield from _set(found, number)
    yield f"<p class=quiet>{_WHICH}</p>"


def _set(found: Mapping[str, Any], number: int) -> Iterator[str]:
    """A set of labels: accuracy, matrices, recalls, counts."""
    way, ours = list(found["ways"].items())[-1]
    accuracy, printed = ours["accuracy"], found["printed"]
    yield f"<section id=set-{number}><h2>{text(found['title'])}</h2>"
    yield (
        f"<p class=headline>{percent(accuracy['value'])} <small>of {accuracy['n']} tracks right, "
        f"{way}{_range(accuracy['interval_by_artist'])}"
        f"{_beside(printed[0]['accuracy'] if printed else None)}</small></p>"
    )
    yield "<div class=beside>"
    for picture in squares(found):
        yield f"<figure><figcaption>{text(picture.caption)}</figcaption>{picture.svg()}</figure>"
    yield "</div>"
    yield from _recalls(found, ours)
    yield "<details><summary>Numbers of tracks</summary>"
    yield from _counts("Ours", found["labels"], ours["confusion"])
    for each in printed[:1]:
        yield from _counts(f"The paper's {each['model']}", found["labels"], each["confusion"])
    yield "</details></section>"


def _recalls(found: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[str]:
    """Ours, a row per label; then all that the paper prints of these labels, a row per model."""
    heads = ["label", "tracks", "recall", *_INTERVALS, "precision"]
    labels = {label: row["recall"] or {} for label, row in ours["per_label"].items()}
    rows = (
        _recall_row(label, recall, percent(ours["per_label"][label]["precision"]))
        for label, recall in labels.items()
    )
    foot = _recall_row("all (accuracy)", ours["accuracy"], "")
    yield from table(f"Recall by label, {found['title']}", heads, rows, foot=foot)
    if found["printed"]:
        yield "<h3>Recalls that the paper prints</h3>"
        cells = (
            [
                f"{text(each['model'])}, {text(each['where'])}",
                percent(each["accuracy"]),
                *(percent(recall) for recall in each["recall"].values()),
            ]
            for each in found["printed"]
        )
        heads = ["model", "accuracy", *map(text, found["labels"])]
        yield from table(f"Printed recalls, {found['title']}", heads, cells)


def _recall_row(label: str, recall: Mapping[str, Any], precision: str) -> list[str]:
    return [
        text(label),
        str(recall.get("n", 0)),
        percent(recall.get("value")),
        _bounds(recall.get("interval_wilson")),
        _bounds(recall.get("interval_by_artist")),
        precision,
    ]


def _counts(title: str, labels: Sequence[str], confusion: Sequence[Sequence[int]]) -> Iterator[str]:
    yield f"<h3>{text(title)}</h3>"
    rows = ([text(label), *map(str, row)] for label, row in zip(labels, confusion, strict=True))
    yield from table(f"{title}: tracks by true label and answer", ["", *map(text, labels)], rows)


def _beside(printed: float | None) -> str:
    return "" if printed is None else f"; the paper prints {percent(printed)}"


def _range(interval: Sequence[float] | None) -> str:
    return f" (95 %: {_bounds(interval)} over artists)" if interval else ""


def _bounds(interval: Sequence[float] | None) -> str:
    return "–" if interval is None else " to ".join(map(percent, interval))
