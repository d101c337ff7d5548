"""How sure a model is and may be: reliability, and from which probability on it can be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from earmark.page import table, text
from earmark.reporting import figures
from earmark.reporting.figures import percent


def confidence(about: Mapping[str, Any]) -> Iterator[str]:
    """Whether 80 % means 80 %, and what is as good as certain: sections of a page.

    Args:
        about: `Report.to_dict` of answers to a question of classes or of tags.
    """
    yield from _calibration(about)
    yield from _thresholds(about)


def _calibration(about: Mapping[str, Any]) -> Iterator[str]:
    whole = about["per_track"]
    bins = whole["reliability"]
    yield "<section id=calibration><h2>Does it know how sure it is?</h2>"
    yield (
        f"<p>Its probability is off by {100 * whole['calibration_error']:.1f} points on average "
        "(expected calibration error"
        f"{_by_chance(whole)}). Below the dotted line it is surer than it may be."
    )
    if again := about.get("refitted"):
        yield (
            f" With a temperature that other artists want, {again['temperature']:.2f} times the "
            f"bundle's, it would be {100 * again['calibration_error']:.1f} points."
        )
    yield f"</p>{_unknown(about['unknown'])}<div class=beside>"
    yield f"<figure><figcaption>Reliability</figcaption>{figures.reliability(bins)}</figure>"
    cells = ([percent(part["stated"]), percent(part["happened"]), str(part["n"])] for part in bins)
    yield from table("Reliability", ["stated probability", "true", "answers"], cells)
    yield "</div></section>"


def _by_chance(whole: Mapping[str, Any]) -> str:
    """What the error of probabilities that mean what they say would be; of tags it is not known."""
    if "calibration_error_by_chance" not in whole:
        return ""
    mean, _ = whole["calibration_error_by_chance"]
    return f"; on so many answers {100 * mean:.1f} would be chance alone"


def _unknown(about: Mapping[str, Any]) -> str:
    """How often the model would rather not say, if ever."""
    if not about["n"]:
        return ""
    reasons = ", ".join(f"{text(reason)} ({n})" for reason, n in about["reasons"].items())
    rest = about.get("accuracy_of_the_rest")
    right = "" if rest is None else f" Of the others {percent(rest)} are right."
    return (
        f"<p>Of {percent(about['share'])} of tracks it says that it does not know them: {reasons}."
        f"{right}</p>"
    )


def _thresholds(about: Mapping[str, Any]) -> Iterator[str]:
    together = about["confident"]
    yield "<section id=thresholds><h2>From where on can it be trusted?</h2>"
    yield (
        "<p>The lowest probability from which an answer can be expected to be true in 90 % of "
        "cases. With h true ones among k answers, (h + 1) / (k + 2) is expected; so few answers "
        "need a better record. Thresholds flatter themselves where they are chosen: chosen on "
        f"other artists, {percent(together['share'])} of answers pass, and "
        f"{percent(together['precision'])} of those are true"
        f"{_interval(together['precision_interval'])}.</p>"
    )
    cells = (
        [
            text(label),
            percent(row["probability"]),
            f"{row['n']} of {row['n_said']}",
            percent(row["precision"]) + _interval(row["precision_interval"]),
        ]
        for label, row in about["thresholds"].items()
    )
    heads = ["label", "90 % precise from", "answers that pass", "of them true (95 %)"]
    yield from table("Thresholds", heads, cells)
    yield "</section>"


def _interval(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f" ({' to '.join(map(percent, interval))})"
