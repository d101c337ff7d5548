"""An explanation as one HTML page: what was heard, what speaks for the answer, whether that holds.

Parts differ in number, sign and the dash of their outline as well as in colour. Without a script
the page says the same; a script of a few lines lets parts be heard.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import resources

import numpy as np

from earmark.explain.explanation import Check, Explanation, Part
from earmark.explain.occlusion import Numbers
from earmark.explain.pictures import evidence, spectrogram
from earmark.explain.report import (
    amount,
    change,
    clock,
    labels,
    region,
    sides,
    unknown_in_words,
    verdict,
    when,
    where,
    window_in_words,
)
from earmark.page import document, table, text
from earmark.reporting.plots import Axis, Plot, round_values, share_axis

_HZ = (50, 100, 250, 500, 1000, 2000, 4000, 8000)  # ticks; those that lie in the log-mel are drawn
_NEAR = 0.045  # of the height: nearer ticks would touch
_ANSWERS = 5
_BAR_REM = 10.0  # width of a certain answer

Side = tuple[str, str, str, Sequence[Part]]


def as_html(found: Explanation, sound: str | None = None) -> str:
    """The page; `sound` is the window as a data URI, if it shall be heard."""
    answer = f"{found.label} {amount(found, found.value)}" if found.is_number else found.label
    title = f"Why “{answer}”? – {found.path.name}"
    styles = [("earmark.reporting", "report.css"), ("earmark.explain", "page.css")]
    return document(title, _body(found, sound), styles=styles)


def _body(found: Explanation, sound: str | None) -> Iterator[str]:
    kind = text(found.label if found.is_number else f"probability of {found.label}")
    yield f"<p class=headline>{amount(found, found.value)} <small>{kind}</small></p>"
    yield f"<p class=quiet>{text(window_in_words(found))}</p>"
    doubts = [unknown_in_words(found.unknown)] if found.unknown else []
    for warning in [*doubts, *found.warnings]:
        yield f"<p class=warning>{text(warning)}</p>"
    if sound is not None:
        yield f'<audio controls preload=metadata src="{sound}"></audio>'
    yield from _heard(found)
    yield from _parts(found, sound is not None)
    yield "<div class=beside>"
    yield from _test(found)
    yield from _answers(found)
    yield "</div>"
    yield from _neighbours(found)
    yield from _method(found)
    if sound is not None:
        script = resources.files("earmark.explain").joinpath("page.js").read_text(encoding="utf-8")
        yield f"<script>\n{script}</script>"


def _sides(found: Explanation) -> tuple[Side, Side]:
    """What speaks for the answer and what against it: class, sign, what it does, parts."""
    up, down = sides(found)
    return ("for", "+", up, found.parts_for), ("against", "−", down, found.parts_against)


def _heard(found: Explanation) -> Iterator[str]:
    """The spectrogram with its axes, the evidence over it, and its sums over and beside it."""
    up, down = map(text, sides(found))
    yield f"<section><h2>Parts {up}, and parts {down}</h2>"
    yield '<div class=picture><div class="sum over">'
    yield f"{_sum_over_time(found.weights)}</div>"
    yield f"<div class=hz aria-hidden=true>{''.join(_hz_ticks(found))}</div><div class=plane>"
    yield f'<img class=heard src="{spectrogram(found.log_mel)}" alt="mel spectrogram">'
    described = f"parts {up} and parts {down}, by time and frequency"
    yield f'<img class=evidence src="{evidence(found.weights)}" alt="{described}">'
    for side, sign, _, parts in _sides(found):
        for number, part in enumerate(parts, 1):
            yield _outline(found, part, side, f"{sign}{number}")
    yield f"<span class=now data-seconds={_length(found):.3f}></span></div>"
    yield f'<div class="sum bands">{_sum_over_bands(found.weights)}</div>'
    yield f"<div class=seconds aria-hidden=true>{''.join(_second_ticks(found))}</div></div>"
    yield "<div class=switch>"
    yield "<label><input type=checkbox checked /> colours</label>"
    yield f"<span><i class=for></i>{up}</span><span><i class=against></i>{down}</span>"
    strongest = f"{np.abs(found.weights).max():.2g}{'' if found.is_number else ' in log-odds'}"
    yield "<span class=quiet><span class=loud></span>; bars: sums of the colours; "
    yield f"the strongest colour: ±{strongest}</span>"
    yield "</div></section>"


def _length(found: Explanation) -> float:
    """Seconds that the picture shows."""
    return float(found.seconds[-1] - found.seconds[0])


def _outline(found: Explanation, part: Part, side: str, mark: str) -> str:
    begin = (part.begin_seconds - found.seconds[0]) / _length(found)
    width = (part.end_seconds - part.begin_seconds) / _length(found)
    low, high = (_height(found, hz) for hz in (part.low_hz, part.high_hz))
    place = f"left:{begin:.2%};width:{width:.2%};bottom:{low:.2%};height:{high - low:.2%}"
    note = f"{mark}: {when(part)}, {where(part)}, {change(found, part.change)} if deleted"
    return (
        f'<button type=button class="part {side}" style="{place}" title="{text(note)}" '
        f'aria-label="{text(note)}" {_span_data(found, part)}><b>{mark}</b></button>'
    )


def _span_data(found: Explanation, part: Part) -> str:
    """From where to where in the window a part is heard."""
    begin, end = (moment - found.window[0] for moment in (part.begin_seconds, part.end_seconds))
    return f"data-from={begin:.2f} data-to={end:.2f}"


def _height(found: Explanation, hz: float) -> float:
    """Where a frequency lies from bottom (0) to top (1) of the picture; bands are equal steps."""
    bands = len(found.bands_hz) - 1
    return float(np.interp(hz, found.bands_hz, np.arange(bands + 1) / bands))


def _hz_ticks(found: Explanation) -> Iterator[str]:
    last = -1.0
    for hz in _HZ:
        height = _height(found, hz)
        if found.bands_hz[0] < hz < found.bands_hz[-1] and height - last > _NEAR:
            written = f"{hz} Hz" if hz < 1000 else f"{hz / 1000:g} kHz"
            yield f'<span style="bottom:{height:.2%}">{written}</span>'
            last = height


def _second_ticks(found: Explanation) -> Iterator[str]:
    begin, end = float(found.seconds[0]), float(found.seconds[-1])
    for moment in round_values(begin, end):
        written = clock(moment) if end >= 60 else f"{moment:g}"
        yield f'<span style="left:{(moment - begin) / (end - begin):.2%}">{written}</span>'
    yield f"<b>time in the track, {'min:s' if end >= 60 else 's'}</b>"


def _sum_over_time(weights: Numbers) -> str:
    """Bars up (for) and down (against), one per column of the grid."""
    sums, low, high = _scaled(weights.sum(axis=0))
    bars = [
        f'<rect class={_side(s)} x="{i}" width="1" y="{-max(s, 0):.3f}" height="{abs(s):.3f}"/>'
        for i, s in enumerate(sums)
    ]
    box = f"0 {-high:.3f} {len(sums)} {high - low:.3f}"
    return _stretched(box, "sums over all bands, by time", bars, f"M0 0H{len(sums)}")


def _sum_over_bands(weights: Numbers) -> str:
    """Bars to the right (for) and to the left, one per row of the grid, the lowest below."""
    sums, low, high = _scaled(weights.sum(axis=1)[::-1])
    bars = [
        f'<rect class={_side(s)} y="{i}" height="1" x="{min(s, 0):.3f}" width="{abs(s):.3f}"/>'
        for i, s in enumerate(sums)
    ]
    box = f"{low:.3f} 0 {high - low:.3f} {len(sums)}"
    return _stretched(box, "sums over all seconds, by band", bars, f"M0 0V{len(sums)}")


def _scaled(sums: Numbers) -> tuple[Numbers, float, float]:
    """Sums of which the largest is 1, and what their axis must hold."""
    sums = sums / (np.abs(sums).max() or 1.0)
    return sums, min(0.0, float(sums.min())), max(0.1, float(sums.max()))


def _side(value: float) -> str:
    return "for" if value > 0 else "against"


def _stretched(box: str, label: str, bars: Sequence[str], zero: str) -> str:
    return (
        f'<svg viewBox="{box}" preserveAspectRatio=none role=img aria-label="{text(label)}">'
        f'{"".join(bars)}<path class=zero d="{zero}"/></svg>'
    )


def _parts(found: Explanation, heard: bool) -> Iterator[str]:
    """Every outline in numbers."""
    rows = []
    for side, sign, doing, parts in _sides(found):
        for number, part in enumerate(parts, 1):
            mark = f'<span class="mark {side}">{sign}{number}</span>'
            mark += f" <span class=side>{text(doing)}</span>"
            button = f"<button type=button class=play {_span_data(found, part)}>play</button>"
            cells = [mark, when(part), where(part), region(part), change(found, part.change)]
            rows.append([*cells, button] if heard else cells)
    if not rows:
        yield "<p>No part alone moves the answer: it rests on the whole window.</p>"
        return
    heads = ["part", "time", "frequency", "", "if deleted", *([""] if heard else [])]
    yield "<div class=parts>"
    yield from table("Parts that speak for the answer and against it", heads, rows)
    yield "</div>"


def _test(found: Explanation) -> Iterator[str]:
    yield f"<section><h2>Does it hold?</h2><p>{text(verdict(found))}</p>"
    if found.check is not None:
        yield _test_plot(found, found.check)
    yield "</section>"


def _test_plot(found: Explanation, check: Check) -> str:
    """What is left: one dot per random deletion, one for the parts named, a line for the whole."""
    values = [found.value, check.left, *check.random_left]
    low, high = min(values), max(values)
    room = 0.08 * (high - low) or 0.01
    low, high = low - room, high + room
    if not found.is_number:
        low, high = max(0.0, low), min(1.0, high)
    title = f"left of {found.label} after deleting"
    axis = Axis(title, low, high) if found.is_number else share_axis(title, low, high)
    plot = Plot(axis, height=150, left=92)
    plot.upright(found.value, "nothing deleted")
    rows = {"parts named": 46.0, "at random": 82.0}
    for name, y in rows.items():
        plot.write(84, y + 4, name, "end")
    for i, left in enumerate(check.random_left):
        y = rows["at random"] + (i % 5 - 2) * 3.5  # apart, so that all are seen
        plot.mark(plot.x(left), y, f"random: {amount(found, left)}")
    y = rows["parts named"]
    plot.mark(plot.x(check.left), y, f"named: {amount(found, check.left)}", radius=6, series="two")
    return plot.svg(title)


def _answers(found: Explanation) -> Iterator[str]:
    """The likeliest answers of the window, and the one explained where it is none of them."""
    if found.is_number:
        return
    shown = list(found.answers)[:_ANSWERS]
    shown += [found.label] * (found.label not in shown)
    rows = []
    for label in shown:
        share = found.answers[label]
        bar = f'<span class=bar style="width:{_BAR_REM * share:.2f}rem"></span>'
        named = f"<strong>{text(label)}</strong>" if label == found.label else text(label)
        rows.append([named, f"{share:.1%}", bar])
    yield "<section><h2>All that it says of this window</h2>"
    yield from table("Answers", [text(found.output), "probability", ""], rows)
    yield "</section>"


def _neighbours(found: Explanation) -> Iterator[str]:
    """The training tracks that sound most alike."""
    if not found.neighbours:
        return
    yield "<section><h2>Nearest tracks that it has learnt from</h2>"
    rows = [
        [
            text(one.track.name),
            text(one.track.artist or "–"),
            text(labels(one.track) or "–"),
            f"{one.similarity:.2f}",
        ]
        for one in found.neighbours
    ]
    yield from table("Nearest tracks", ["track", "artist", "said to be", "likeness"], rows)
    yield "<p class=quiet>Likeness: the cosine between two tracks' vectors; 1 is the same.</p>"
    yield "</section>"


def _method(found: Explanation) -> Iterator[str]:
    rows, columns = found.weights.shape
    scale = "number" if found.is_number else "log-odds"
    yield "<details><summary>How this was made</summary>"
    yield (
        f"<p>The model judged the window {found.judgements} times. What is deleted is replaced by "
        f"its band's mean over the window. Random patches of a grid of {columns} × {rows} cells "
        "were deleted, a fifth of the window each time; a linear model of what that does to the "
        f"{scale} says what each cell weighs, and the colours show that. The parts are the "
        "rectangles with the largest weight for their size. What each is worth was then measured "
        "by deleting it alone, and those that deleting did not bear out were dropped. What parts "
        "do together need not be the sum of what each does.</p>"
    )
    yield "</details>"
