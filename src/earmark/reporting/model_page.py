"""How a model did, as one HTML page: `earmark evaluate --html`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from earmark.bundle import DEFAULT, Bundle
from earmark.classifier import WINDOW_SECONDS, Classifier
from earmark.evaluation.answers import Answers
from earmark.evaluation.intervals import wilson_interval
from earmark.evaluation.ranking import one_hot, precision_recall_curve
from earmark.page import document, table, text
from earmark.reporting import figures
from earmark.reporting.confidence import confidence
from earmark.reporting.cost import milliseconds, weights
from earmark.reporting.figures import heading, number, percent
from earmark.reporting.learning import learning
from earmark.reporting.mistakes import artists, mistakes
from earmark.reporting.plots import Axis, share_axis
from earmark.reporting.robustness import robustness
from earmark.reporting.runs import History, read_history

STYLES = [("earmark.reporting", "report.css")]

_CURVES = 24  # labels whose curves are shown before the rest folds away


@dataclass(frozen=True)
class Subject:
    """What a page is about, beside the answers.

    Attributes:
        facts: what was judged on what and what it costs: heading and words.
        history: how the training went, where the model lies in its run's folder.
        kept: the epoch that became the model.
    """

    facts: Mapping[str, str]
    history: History = ()
    kept: int | None = None


def subject(bundle: Bundle, data: str, part: str) -> Subject:
    """What is known of a model, its cost measured here and now.

    Raises:
        BadRun: the bundle lies in the folder of a run that is damaged.
    """
    feature_ms, model_ms = milliseconds(Classifier(bundle))
    size, feature = weights(bundle), bundle.feature
    shape = " × ".join(map(str, feature.shape(WINDOW_SECONDS)))
    manifest = bundle.manifest
    recipe = manifest.get("recipe", {})
    model = recipe.get("model", {}).get("name", "unknown")
    if bundle.is_blend:
        model = f"a blend of {len(bundle.members)} models"
    facts = {
        "bundle": "the built-in one" if bundle.path == DEFAULT else str(bundle.path),
        "model": model if size is None else f"{model}, {size:,} numbers",
        "feature": f"{feature.name}, {shape} for {WINDOW_SECONDS:g} s",
        "judging 30 s": f"{feature_ms:.1f} ms for the feature and {model_ms:.1f} ms for the model: "
        "time of a core of this machine, without decoding",
        "data": data,
        "part": part,
    }
    return Subject(facts, read_history(bundle.path.resolve().parent), manifest.get("epoch"))


def as_html(
    answers: Answers, about: Mapping[str, Any], of: Subject, warnings: Sequence[str] = ()
) -> str:
    """The page.

    Args:
        answers: what the model said, a row per track.
        about: `Report.to_dict` of them, with what else is known of the evaluation.
        of: what the page is about.
        warnings: what a reader of the numbers should know.
    """
    title = f"How well a model hears {about['output']}"
    return document(title, _body(answers, about, of, warnings), styles=STYLES)


def _body(
    answers: Answers, about: Mapping[str, Any], of: Subject, warnings: Sequence[str]
) -> Iterator[str]:
    whole = about["per_track"]
    heads = {"classes": _class_headline, "tags": _tag_headline, "number": _number_headline}
    yield from heads[answers.kind](about, whole)
    yield from (f"<p class=warning><strong>Mind:</strong> {text(line)}.</p>" for line in warnings)
    yield from _facts({**of.facts, **_counts(about)})
    if answers.kind == "number":
        yield from _numbers(answers)
    else:
        yield from _labels(about, whole)
        if answers.kind == "classes":
            yield from _confusion(about, whole)
        yield from confidence(about)
        yield from _curves(answers, whole)
    if "robustness" in about:
        yield from robustness(about["robustness"])
    yield from learning(of.history, of.kept)
    yield from mistakes(answers)
    if answers.kind == "classes":
        yield from artists(answers)
    yield from _failures(about)


def _class_headline(about: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[str]:
    right = sum(row[i] for i, row in enumerate(about["confusion"]))
    commonest = max(map(sum, about["confusion"])) / whole["n"]
    yield (
        f"<p class=headline>{percent(whole['accuracy'])} <small>of tracks right: {right} of "
        f"{whole['n']}</small></p>"
    )
    metrics = {"accuracy": "accuracy", "macro F1": "macro_f1"}
    yield from _measures(whole, metrics, share_axis("share"), commonest, "one answer for all")


def _tag_headline(about: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"<p class=headline>{number(whole['macro_roc_auc'])} <small>mean area under the ROC curve "
        f"of {len(about['labels'])} tags</small></p>"
    )
    metrics = {"ROC-AUC": "macro_roc_auc", "PR-AUC": "macro_average_precision"}
    yield from _measures(whole, metrics, Axis("area", 0, 1), 0.5, "ROC of guessing")


def _number_headline(about: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"<p class=headline>{number(whole['r_squared'])} <small>R², the share of the variance of "
        f"{text(about['output'])} that is explained; {whole['n']} tracks</small></p>"
    )
    lowest = min(0.0, *(whole["r_squared_interval_by_artist"] or [0.0]))
    axis = Axis("R² and r", max(lowest, -1.0), 1)
    metrics = {"R²": "r_squared", "correlation r": "r"}
    yield from _measures(whole, metrics, axis, 0.0, "saying the mean")
    off = whole["mean_absolute_error"]
    yield f"<p>It is off by {number(off)} on average (mean absolute error).</p>"


def _measures(
    whole: Mapping[str, Any], metrics: Mapping[str, str], axis: Axis, guide: float, note: str
) -> Iterator[str]:
    """The main metrics with their intervals, drawn and as a table."""
    names = ("95 % (Wilson)", "95 % over artists")
    rows = [
        (head, whole[key], [whole.get(f"{key}_interval"), whole[f"{key}_interval_by_artist"]])
        for head, key in metrics.items()
    ]
    form = percent if axis.form.endswith("%}") else number
    yield "<div class=beside>"
    yield figures.whiskers(rows, axis, names=names, guide=guide, guide_note=note)
    cells = (
        [text(head), form(value), *("–" if i is None else " to ".join(map(form, i)) for i in found)]
        for head, value, found in rows
    )
    further = (
        [f"top {k}", percent(share), "–", "–"]
        for k, share in whole.get("top_k_accuracy", {}).items()
    )
    yield from table("Main metrics", ["metric", "value", *names], [*cells, *further])
    yield (
        "</div><p class=quiet>Wilson's interval takes tracks for independent. The other draws "
        "artists, whose tracks may be alike, and is the one to trust.</p>"
    )


def _counts(about: Mapping[str, Any]) -> dict[str, str]:
    known = about["n_artists"]
    tracks = f"{about['n_tracks']}, by {known} known artists" if known else str(about["n_tracks"])
    return {"tracks": tracks, "checksum of the part": about.get("split_checksum", "unknown")}


def _facts(rows: Mapping[str, str]) -> Iterator[str]:
    yield "<dl class=facts>"
    yield from (f"<dt>{text(head)}</dt><dd>{text(words)}</dd>" for head, words in rows.items())
    yield "</dl>"


def _labels(about: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[str]:
    """Recall per label with its interval, and the table of all that is known per label."""
    classes = about["kind"] == "classes"
    key, words = ("recall", "recall") if classes else ("roc_auc", "area under the ROC curve")
    rows = []
    for label, row in whole["per_label"].items():
        hits = round((row["recall"] or 0) * row["n"])
        interval = wilson_interval(hits, row["n"]) if classes and row["n"] else None
        rows.append((label, row[key], [interval]))
    yield "<section id=labels><h2>Label by label</h2><div class=beside><figure>"
    yield f"<figcaption>{heading(words)} of each label</figcaption>"
    yield figures.whiskers(rows, share_axis(words) if classes else Axis(words, 0, 1))
    if classes:
        yield "<p class=quiet>Whiskers are Wilson's 95 % intervals: few tracks, wide whiskers.</p>"
    yield "</figure>"
    heads = ["label", "tracks", "precision", "recall", "F1", "ROC-AUC", "PR-AUC"]
    cells = (
        [text(label), str(row["n"])]
        + [percent(row[name]) for name in ("precision", "recall", "f1")]
        + [number(row[name]) for name in ("roc_auc", "average_precision")]
        for label, row in whole["per_label"].items()
    )
    yield from table("Label by label", heads, cells)
    yield "</div></section>"


def _confusion(about: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[str]:
    yield "<section id=confusion><h2>What is taken for what</h2>"
    yield "<p>Rows are true labels, columns are answers. Blue is right, orange wrong.</p>"
    yield from figures.heat_map(about["labels"], whole["confusion"])
    yield "</section>"


def _curves(answers: Answers, whole: Mapping[str, Any]) -> Iterator[str]:
    """A curve per label of which some tracks are true and some are not."""
    truth = answers.truth
    if answers.kind == "classes":
        truth = one_hot(truth, len(answers.labels))
    drawn = []
    for i, label in enumerate(answers.labels):
        if truth[:, i].any():
            recall, precision = precision_recall_curve(truth[:, i], answers.scores[:, i])
            area = number(whole["per_label"][label]["average_precision"])
            base = float(truth[:, i].mean())
            drawn.append(
                f"<figure><figcaption>{text(label)}: {area}</figcaption>"
                f"{figures.precision_recall(recall, precision, base, label)}</figure>"
            )
    yield "<section id=curves><h2>Precision against recall</h2>"
    yield (
        "<p>How many of the tracks that are given a label have it, as more of those that have it "
        "are found; the number is the area under the curve, which the table above repeats. The "
        "dotted line is guessing.</p>"
    )
    yield f"<div class=many>{''.join(drawn[:_CURVES])}</div>"
    if rest := drawn[_CURVES:]:
        yield f"<details><summary>{len(rest)} more</summary><div class=many>{''.join(rest)}</div>"
        yield "</details>"
    yield "</section>"


def _numbers(answers: Answers) -> Iterator[str]:
    """Predicted against true numbers, drawn and as a table that is folded away."""
    truth, predicted = answers.truth, answers.scores[:, 0]
    yield "<section id=numbers><h2>Predicted against true</h2><figure>"
    yield f"<figcaption>{text(heading(answers.output))}, a dot per track</figcaption>"
    yield figures.scatter(truth, predicted, answers.output)
    yield "</figure><p class=quiet>On the dotted line both are equal.</p>"
    yield "<details><summary>All tracks</summary>"
    cells = (
        [text(track), number(true), number(said)]
        for track, true, said in zip(
            answers.tracks, truth.tolist(), predicted.tolist(), strict=True
        )
    )
    yield from table("All tracks", ["track", "true", "predicted"], cells)
    yield "</details></section>"


def _failures(about: Mapping[str, Any]) -> Iterator[str]:
    if about["failures"]:
        yield "<section id=failures><h2>What could not be judged</h2><ul>"
        for failure in about["failures"]:
            yield f"<li class=name>{text(failure['path'])}: {text(failure['error'])}</li>"
        yield "</ul></section>"
