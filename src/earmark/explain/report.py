"""An explanation in words: where, how much, and what the test says; the page says the same."""

from __future__ import annotations

from collections.abc import Iterator

from earmark.explain.explanation import Check, Explanation, Part
from earmark.memory import Remembered

_REGIONS = ((250, "bass"), (500, "low mids"), (2000, "mids"), (4000, "high mids"))
_HIGHEST = "treble"


def as_text(found: Explanation) -> Iterator[str]:
    """The explanation for a terminal, line by line."""
    yield f"{found.path}: {found.label} {amount(found, found.value)}"
    yield f"{window_in_words(found)}."
    if found.unknown:
        yield unknown_in_words(found.unknown)
    for head, parts in zip(sides(found), (found.parts_for, found.parts_against), strict=True):
        yield from _parts(head, found, parts)
    yield ""
    yield verdict(found)
    if found.neighbours:
        yield ""
        yield "nearest training tracks"
        for one in found.neighbours:
            yield f"  {one.similarity:5.2f}  {one.track}, {labels(one.track)}".removesuffix(", ")


def _parts(head: str, found: Explanation, parts: tuple[Part, ...]) -> Iterator[str]:
    yield ""
    yield head
    for number, part in enumerate(parts, 1):
        cells = f"{when(part):>16}  {where(part):>18}  {region(part):20}"
        yield f"  {number}  {cells}  {change(found, part.change)} if deleted"
    if not parts:
        yield "  no part alone"


def sides(found: Explanation) -> tuple[str, str]:
    """What parts of both kinds do: are for an answer or against it, raise or lower a number."""
    if found.is_number:
        return f"raising {found.label}", f"lowering {found.label}"
    return f"for {found.label}", f"against {found.label}"


def window_in_words(found: Explanation) -> str:
    """Which window of the track was looked at, and why that one."""
    begin, end = found.window
    return f"window {_span(begin, end)} of {clock(found.duration_seconds)}: {found.chosen}"


def unknown_in_words(reason: str) -> str:
    """What to think of an answer that the model itself does not stand by."""
    return f"The model does not know this track ({reason}): the answer should not be believed."


def when(part: Part) -> str:
    """The seconds of a part: 12.4–16.1 s, or 1:12.4–1:16.1."""
    return _span(part.begin_seconds, part.end_seconds)


def where(part: Part) -> str:
    """Its frequencies: 80–250 Hz, 0.9–2.4 kHz."""
    low, high = part.low_hz, part.high_hz
    if high < 1000:
        return f"{_rounded(low):g}–{_rounded(high):g} Hz"
    if low < 100:
        return f"{_rounded(low):g} Hz–{_rounded(high) / 1000:g} kHz"
    return f"{_rounded(low) / 1000:g}–{_rounded(high) / 1000:g} kHz"


def region(part: Part) -> str:
    """Its frequencies in words: bass, bass to mids."""
    low, high = (
        next((name for end, name in _REGIONS if hz < end), _HIGHEST)
        for hz in (part.low_hz * 1.05, part.high_hz * 0.95)  # a sliver of a region is not named
    )
    return low if low == high else f"{low} to {high}"


def amount(found: Explanation, value: float) -> str:
    """A probability as a percentage; a number as it is."""
    return f"{value:.2f}" if found.is_number else f"{value:.0%}"


def change(found: Explanation, by: float) -> str:
    """A change with its sign: −18 points, +0.4 points; of a number −0.03."""
    sign = "−" if by < 0 else "+"
    if found.is_number:
        return f"{sign}{abs(by):.3f}"
    points = 100 * abs(by)
    return f"{sign}{points:.0f} points" if points >= 9.95 else f"{sign}{points:.1f} points"


def labels(track: Remembered) -> str:
    """What a remembered track is said to be."""
    return ", ".join(dict.fromkeys(track.labels.values()))


def verdict(found: Explanation) -> str:
    """What the test says, in a sentence or two."""
    check = found.check
    if check is None:
        return f"No part alone is {sides(found)[0]}, and so there is nothing to test by deleting."
    parts = f"the {len(found.parts_for)} parts" if len(found.parts_for) > 1 else "the part"
    random = f"{len(check.random_left)} random deletions of the same sizes"
    sentence = (
        f"Without {parts} {sides(found)[0]}, {check.share:.0%} of the window, "
        f"{amount(found, found.value)} becomes {amount(found, check.left)}; {random} leave "
        f"{amount(found, check.mean)} on average ({_range(found, check)})."
    )
    if not check.passed:
        return f"{sentence} The parts named matter no more than others: do not rely on them."
    if check.beaten < len(check.random_left):
        return f"{sentence} {check.beaten} of them leave more than the parts named do."
    return sentence


def clock(seconds: float) -> str:
    """Seconds as 3:05."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def _range(found: Explanation, check: Check) -> str:
    low, high = min(check.random_left), max(check.random_left)
    return f"{amount(found, low)} to {amount(found, high)}"


def _span(begin: float, end: float) -> str:
    if end < 60:
        return f"{begin:.1f}–{end:.1f} s"
    return f"{_moment(begin)}–{_moment(end)}"


def _moment(seconds: float) -> str:
    minutes, tenths = divmod(round(10 * seconds), 600)
    return f"{minutes}:{tenths / 10:04.1f}"


def _rounded(hz: float) -> float:
    """To two digits."""
    return float(f"{hz:.2g}")
