"""What `earmark evaluate` reports, as text: the main numbers, then a row per label or change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def as_table(about: Mapping[str, Any]) -> str:
    """The report as text: the main numbers, then one row per label."""
    failed = about["n_failed"]
    more = f" ({failed} more could not be judged)" if failed else ""
    lines = [f"tracks    {about['n_tracks']}{more}"]
    tables = {"classes": _classes, "tags": _tags, "number": _number}
    lines += tables[about["kind"]](about)
    if "robustness" in about:
        lines += ["", *_robustness(about["robustness"])]
    return "\n".join(lines) + "\n"


def _classes(about: Mapping[str, Any]) -> list[str]:
    """Accuracy, macro F1, recall per label, confusion matrix."""
    whole, labels, confusion = about["per_track"], about["labels"], about["confusion"]
    width = max(10, *map(len, labels))
    cells = max(4, len(str(max(map(max, confusion)))) + 1)
    heads = "".join(f"{label[: cells - 1]:>{cells}}" for label in labels)
    majority = about["majority"]
    lines = [
        _measure("accuracy", whole, "accuracy"),
        _measure("macro F1", whole, "macro_f1"),
        f"majority  {majority['share']:.1%}  (saying {majority['label']} of every track)",
        *_calibration(about, whole),
        *_unknown(about["unknown"]),
        "",
        f"{'true label':{width}}  recall  {heads}",
    ]
    for label, row in zip(labels, confusion, strict=True):
        share = about["recall"][label]
        recall = "     –" if share is None else f"{share:6.0%}"
        counts = "".join(f"{count or '·':>{cells}}" for count in row)
        lines.append(f"{label:{width}}  {recall}  {counts}")
    return [*lines, "", *_thresholds(about, width)]


def _calibration(about: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[str]:
    """How far the stated probabilities are off, and would be with another temperature."""
    again = about["refitted"]
    more = (
        f"; {again['calibration_error']:.1%} with the probabilities' temperature times "
        f"{again['temperature']:.2f}, fitted on other artists"
        if again
        else ""
    )
    chance, _ = whole["calibration_error_by_chance"]
    yield f"off by    {whole['calibration_error']:.1%}  ({chance:.1%} by chance alone{more})"


def _unknown(about: Mapping[str, Any]) -> Iterator[str]:
    """How often the model would rather not say, if ever."""
    if about["n"]:
        rest = about.get("accuracy_of_the_rest")
        more = (
            "" if rest is None else f"; {_share(about, 'accuracy_of_the_rest')} of the rest right"
        )
        yield f"unknown   {_share(about, 'share')} of tracks{more}"


def _thresholds(about: Mapping[str, Any], width: int) -> Iterator[str]:
    """From which probability on a label is precise, and what passes."""
    yield f"{'answer':{width}}  90 % precise from  passes  precision"
    for label, row in about["thresholds"].items():
        if row["probability"] is None:
            yield f"{label:{width}}  {'–':>17}  {row['n_said']:>4} answers do not show it"
        else:
            yield (
                f"{label:{width}}  {row['probability']:>17.1%}  {row['share']:>6.0%}  "
                f"{_share(row, 'precision')}"
            )
    row = about["confident"]
    yield (
        f"{'other artists':{width}}  {row['share']:.0%} of tracks pass thresholds that were found "
        f"without their artists; {_share(row, 'precision')} of them right"
        if row["n"]
        else f"{'other artists':{width}}  no track passes a threshold found without its artist"
    )


def _share(row: Mapping[str, Any], key: str) -> str:
    """A share with its interval."""
    low, high = row[f"{key}_interval"]
    return f"{row[key]:.1%} ({low:.1%} to {high:.1%})"


def _robustness(about: Mapping[str, Any]) -> Iterator[str]:
    """A row per change: accuracy, what that is less, how often the answer is another one."""
    width = max(len(row["name"]) for row in about["changes"])
    yield (
        f"{'change':{width}}  tracks   right  {'95 %':^14}    drop  {'over artists':^14}   flips  "
        f"{'95 %':^14}  unknown"
    )
    rows = [{"name": "none", "n": about["n_tracks"], **about["untouched"]}, *about["changes"]]
    for row in rows:
        cells = f"{row['accuracy']:>6.1%}  {_between(row['accuracy_interval'], '.1%')}"
        if "drop" in row:
            cells += f"  {100 * row['drop']:>+6.1f}  {_points(row['drop_interval_by_artist'])}"
            cells += f"  {row['flip_rate']:>6.1%}  {_between(row['flip_rate_interval'], '.1%')}"
        else:
            cells += f"  {'–':>6}  {'':14}  {'–':>6}  {'':14}"
        yield f"{row['name']:{width}}  {row['n']:>6}  {cells}  {row['unknown_rate']:>7.1%}"
    daily = about["everyday"]
    yield (
        f"Gain, wav, mp3 from 128 kbit/s, rate and high-pass cost {100 * daily['mean_drop']:.1f} "
        f"points on average, {100 * daily['largest_drop']:.1f} at most "
        f"({daily['largest_drop_of']})."
    )
    same = ", ".join(f"{row['name'][4:]} {row['same']:.1%}" for row in about["mp3_and_wav"])
    yield f"The mp3 and the wav of a track get the same answer: {same}."


def _between(interval: tuple[float, float], form: str) -> str:
    low, high = (format(value, form) for value in interval)
    return f"{low:>5} to {high:>5}".ljust(14)


def _points(interval: tuple[float, float] | None) -> str:
    if interval is None:
        return f"{'–':^14}"
    return _between((100 * interval[0], 100 * interval[1]), "+.1f")


def _tags(about: Mapping[str, Any]) -> list[str]:
    """Areas under the curves, on the whole and per tag."""
    whole = about["per_track"]
    width = max(10, *map(len, about["labels"]))
    lines = [
        _measure("ROC-AUC ", whole, "macro_roc_auc"),
        _measure("PR-AUC  ", whole, "macro_average_precision"),
        "",
        f"{'tag':{width}}  tracks  ROC-AUC  PR-AUC",
    ]
    for label, row in whole["per_label"].items():
        roc, pr = (
            "–" if row[key] is None else f"{row[key]:.3f}"
            for key in ("roc_auc", "average_precision")
        )
        lines.append(f"{label:{width}}  {row['n']:>6}  {roc:>7}  {pr:>6}")
    return lines


def _number(about: Mapping[str, Any]) -> list[str]:
    """How far a number is explained, and how far off it is."""
    whole = about["per_track"]
    names = {"R²      ": "r_squared", "r       ": "r", "error   ": "mean_absolute_error"}
    return [_measure(head, whole, key, "{:.3f}") for head, key in names.items()]


def _measure(head: str, whole: Mapping[str, Any], key: str, form: str = "") -> str:
    """A number with its intervals, those that there are."""
    form = form or ("{:.3f}" if "auc" in key or "precision" in key else "{:.1%}")
    if whole[key] is None:
        return f"{head}  –"
    said = []
    for name, where in (("interval", "95 % interval"), ("interval_by_artist", "over artists")):
        if interval := whole.get(f"{key}_{name}"):
            low, high = map(form.format, interval)
            said.append(f"{where} {low} to {high}")
    return f"{head}  {form.format(whole[key])}" + (f"  ({'; '.join(said)})" if said else "")
