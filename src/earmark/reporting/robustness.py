"""What changed sound does to a model's answers, as a section of a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from earmark.page import table, text
from earmark.reporting import figures
from earmark.reporting.figures import percent
from earmark.reporting.plots import share_axis


def robustness(about: Mapping[str, Any]) -> Iterator[str]:
    """The section.

    Args:
        about: what `earmark.robustness.summary.summarise_trials` says.
    """
    rows, whole, daily = about["changes"], about["untouched"], about["everyday"]
    yield "<section id=robustness><h2>Does it hear the music or the recording?</h2>"
    yield (
        f"<p>Up to 31 s of {about['n_tracks']} tracks, judged as they are and after changes that "
        "leave the music. What music meets every day (gain, wav, mp3 from 128 kbit/s, rate, "
        f"high-pass) costs {100 * daily['mean_drop']:.1f} points on average and "
        f"{100 * daily['largest_drop']:.1f} at most ({text(daily['largest_drop_of'])}).</p>"
    )
    yield figures.whiskers(
        [(row["name"], row["accuracy"], [row["accuracy_interval"]]) for row in rows],
        share_axis("tracks right, 95 % (Wilson)"),
        guide=whole["accuracy"],
        guide_note="untouched",
    )
    heads = ["change", "tracks", "right", "95 %", "drop", "over artists", "answer flips", "95 %"]
    heads.append("unknown")
    first = ["none", str(about["n_tracks"]), percent(whole["accuracy"])]
    first += [_between(whole["accuracy_interval"]), "–", "–", "–", "–"]
    first.append(percent(whole["unknown_rate"]))
    cells = (
        [
            text(row["name"]),
            str(row["n"]),
            percent(row["accuracy"]),
            _between(row["accuracy_interval"]),
            percent(row["drop"]),
            _between(row["drop_interval_by_artist"]),
            percent(row["flip_rate"]),
            _between(row["flip_rate_interval"]),
            percent(row["unknown_rate"]),
        ]
        for row in rows
    )
    yield from table("Changed sound", heads, [first, *cells])
    same = ", ".join(f"{text(row['name'])} {percent(row['same'])}" for row in about["mp3_and_wav"])
    yield (
        f"<p>An mp3 and a wav of one track get the same answer: {same}.</p>"
        "<p class=quiet>An answer flips where the likeliest label is another one. A length counts "
        "the tracks that are longer.</p></section>"
    )


def _between(interval: tuple[float, float] | None) -> str:
    return "–" if interval is None else " to ".join(map(percent, interval))
