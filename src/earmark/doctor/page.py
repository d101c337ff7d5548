"""A diagnosis as one HTML page; each finding says its severity in words, not by colour alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from earmark.doctor.diagnosis import Diagnosis, Section
from earmark.doctor.duplicates import Likeness, Pair
from earmark.doctor.findings import Finding, Severity
from earmark.doctor.pictures import PairPicture, Strip, picture
from earmark.doctor.report import count, tally
from earmark.page import document, table, text

_SHOWN = 20  # findings of a section before the rest folds away
_PICTURES = 60


def as_html(diagnosis: Diagnosis) -> str:
    """The page."""
    title = "Data doctor: " + ", ".join(dict.fromkeys(name for name, *_ in diagnosis.datasets))
    return document(title, _body(diagnosis), styles=[("earmark.doctor", "page.css")])


def _body(diagnosis: Diagnosis) -> Iterator[str]:
    yield from (f"<p class=summary>{text(line)}</p>" for line in diagnosis.summary())
    yield from _overview(diagnosis)
    for section in diagnosis.sections:
        yield from _section(section)
        if section.check.name == "duplicates":
            yield from _pictures(diagnosis)
        if section.check.name == "balance":
            yield from _label_tables(diagnosis)


def _overview(diagnosis: Diagnosis) -> Iterator[str]:
    """How many findings of which severity each check has; the columns add up."""
    rows = []
    for section in diagnosis.sections:
        counts = Counter(finding.severity for finding in section.findings)
        link = f'<a href="#{section.check.name}">{text(section.check.title)}</a>'
        rows.append(_cells(link, [counts[severity] for severity in Severity]))
    heads = ["check", *map(_badge, Severity)]
    foot = _cells("all", list(diagnosis.counts().values()))
    yield from table("Overview", heads, rows, foot=foot)


def _section(section: Section) -> Iterator[str]:
    check = section.check
    yield f'<section id="{check.name}"><h2>{text(check.title)}</h2>'
    yield f"<p>{text(check.about)} <strong>{text(tally(section))}</strong></p>"
    yield from _findings(section.findings[:_SHOWN])
    rest = section.findings[_SHOWN:]
    if rest:
        yield f"<details><summary>{len(rest)} more</summary>"
        yield from _findings(rest)
        yield "</details>"
    yield "</section>"


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield "<ul class=findings>"
        for finding in findings:
            yield f"<li>{_badge(finding.severity)} <span>{text(finding.text)}</span></li>"
        yield "</ul>"


def _pictures(diagnosis: Diagnosis) -> Iterator[str]:
    """The pairs that a human may want to judge."""
    collection = diagnosis.collection
    side_of = {name: side for side, names in collection.sides.items() for name in names}
    pairs = sorted(collection.pairs, key=lambda pair: _interest(pair, side_of))
    if not pairs:
        return
    shown = pairs[:_PICTURES]
    yield "<section><h3>Pairs side by side</h3>"
    yield (
        f"<p>{len(shown)} of {count(len(pairs), 'pair')}: first those on two sides, then near "
        "duplicates, the surest first. Dark is loud. The bar marks what the two share; there both "
        "run in step.</p>"
    )
    tracks = {track.id: track for track in collection.tracks}
    for pair in shown:
        drawn = picture(pair, tracks, collection.kinds)
        facts = [
            " – ".join(
                text(fact)
                for fact in (
                    name,
                    side_of.get(name),
                    tracks[name].artist,
                    *tracks[name].labels.values(),
                )
                if fact
            )
            for name in (pair.first, pair.second)
        ]
        yield from _figure(pair, drawn, facts)
    yield "</section>"


def _interest(pair: Pair, side_of: Mapping[str, str]) -> tuple[bool, bool]:
    sides = {side_of[name] for name in (pair.first, pair.second) if name in side_of}
    return len(sides) < 2, pair.likeness is not Likeness.NEAR


def _figure(pair: Pair, drawn: PairPicture | None, facts: Sequence[str]) -> Iterator[str]:
    yield f"<figure><figcaption>{text(str(pair))}</figcaption>"
    if drawn is None:
        yield "<p>cannot be drawn: a file can no longer be read</p></figure>"
        return
    yield f"<p class=fact>above: {facts[0]}<br>below: {facts[1]}</p>"
    yield _strip(drawn.strips[0], drawn.seconds)
    begin, end = drawn.shared
    place = _place(begin, max(end - begin, 0.0), drawn.seconds)
    yield f'<div class="lane bar" aria-hidden=true><div class=shared style="{place}"></div></div>'
    yield _strip(drawn.strips[1], drawn.seconds)
    yield from _axis(drawn.seconds)
    yield "</figure>"


def _strip(strip: Strip, seconds: float) -> str:
    alternative = f"spectrogram of {text(strip.name)}"
    return (
        '<div class="lane strip"><span class=top>11 kHz</span><span class=bottom>0</span>'
        f'<img src="{strip.png}" alt="{alternative}" '
        f'style="{_place(strip.begin_seconds, strip.seconds, seconds)}"></div>'
    )


def _axis(seconds: float) -> Iterator[str]:
    step = next(step for step in (5, 10, 30, 60, 300, 1800, 86400) if seconds <= 7 * step)
    yield '<div class="lane axis" aria-hidden=true>'
    for tick in range(0, int(seconds) + 1, step):
        unit = " s" if tick == 0 else ""
        yield f'<span style="left:{100 * tick / seconds:.2f}%">{tick}{unit}</span>'
    yield "</div>"


def _place(begin: float, length: float, of: float) -> str:
    return f"left:{100 * begin / of:.2f}%;width:{100 * length / of:.2f}%"


def _label_tables(diagnosis: Diagnosis) -> Iterator[str]:
    """Tracks by label and side; rows and columns add up."""
    collection = diagnosis.collection
    sides = {name: set(names) for name, names in collection.sides.items()}
    outputs = sorted({output for track in collection.tracks for output in track.labels})
    for output in outputs:
        labelled = [track for track in collection.tracks if output in track.labels]
        rows = []
        for label in sorted({track.labels[output] for track in labelled}):
            names = [track.id for track in labelled if track.labels[output] == label]
            rows.append(_cells(text(label), _by_side(names, sides)))
        total = _by_side([track.id for track in labelled], sides)
        heads = [text(head) for head in (output, *sides, "all")]
        yield from table(output, heads, rows, foot=_cells("all", total))


def _by_side(names: Sequence[str], sides: dict[str, set[str]]) -> list[int]:
    return [*(sum(name in side for name in names) for side in sides.values()), len(names)]


def _cells(head: str, counts: Sequence[int]) -> list[str]:
    return [head, *(str(number or "·") for number in counts)]


def _badge(severity: Severity) -> str:
    return f"<span class={severity}>{severity}</span>"
