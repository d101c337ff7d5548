"""A diagnosis as one HTML page that needs neither network nor script.

Colours are those of Okabe and Ito (2008), which colour-blind people can tell apart, and never stand
alone: each finding says its severity in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib import resources

from earmark.doctor.diagnosis import Diagnosis, Section
from earmark.doctor.duplicates import Likeness, Pair
from earmark.doctor.findings import Finding, Severity
from earmark.doctor.pictures import PairPicture, Strip, picture
from earmark.doctor.report import count, tally

_SHOWN = 20  # findings of a section before the rest folds away
_PICTURES = 60


def as_html(diagnosis: Diagnosis) -> str:
    """The page."""
    return "\n".join(_page(diagnosis))


def _page(diagnosis: Diagnosis) -> Iterator[str]:
    style = resources.files("earmark.doctor").joinpath("page.css").read_text(encoding="utf-8")
    title = "Data doctor: " + ", ".join(dict.fromkeys(name for name, *_ in diagnosis.datasets))
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{_text(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>"
    yield f"<h1>{_text(title)}</h1>"
    yield from (f"<p class=summary>{_text(line)}</p>" for line in diagnosis.summary())
    yield from _overview(diagnosis)
    for section in diagnosis.sections:
        yield from _section(section)
        if section.check.name == "duplicates":
            yield from _pictures(diagnosis)
        if section.check.name == "balance":
            yield from _label_tables(diagnosis)
    yield "</main>\n</body>\n</html>\n"


def _overview(diagnosis: Diagnosis) -> Iterator[str]:
    """How many findings of which severity each check has; the columns add up."""
    yield '<div class=wide tabindex=0 role=region aria-label="Overview"><table>'
    heads = "".join(f'<th scope="col">{_badge(severity)}</th>' for severity in Severity)
    yield f'<thead><tr><th scope="col">check</th>{heads}</tr></thead><tbody>'
    for section in diagnosis.sections:
        counts = Counter(finding.severity for finding in section.findings)
        link = f'<a href="#{section.check.name}">{_text(section.check.title)}</a>'
        yield _row(link, [counts[severity] for severity in Severity])
    yield f"</tbody><tfoot>{_row('all', list(diagnosis.counts().values()))}</tfoot></table></div>"


def _section(section: Section) -> Iterator[str]:
    check = section.check
    yield f'<section id="{check.name}"><h2>{_text(check.title)}</h2>'
    yield f"<p>{_text(check.about)} <strong>{_text(tally(section))}</strong></p>"
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
            yield f"<li>{_badge(finding.severity)} <span>{_text(finding.text)}</span></li>"
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
                _text(fact)
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
    yield f"<figure><figcaption>{_text(str(pair))}</figcaption>"
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
    alternative = f"spectrogram of {_text(strip.name)}"
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
        yield f'<div class=wide tabindex=0 role=region aria-label="{_text(output)}"><table>'
        heads = "".join(f'<th scope="col">{_text(head)}</th>' for head in [*sides, "all"])
        yield f'<thead><tr><th scope="col">{_text(output)}</th>{heads}</tr></thead><tbody>'
        labelled = [track for track in collection.tracks if output in track.labels]
        for label in sorted({track.labels[output] for track in labelled}):
            names = [track.id for track in labelled if track.labels[output] == label]
            yield _row(_text(label), _by_side(names, sides))
        total = _by_side([track.id for track in labelled], sides)
        yield f"</tbody><tfoot>{_row('all', total)}</tfoot></table></div>"


def _by_side(names: Sequence[str], sides: dict[str, set[str]]) -> list[int]:
    return [*(sum(name in side for name in names) for side in sides.values()), len(names)]


def _row(head: str, counts: Sequence[int]) -> str:
    cells = "".join(f"<td>{number or '·'}</td>" for number in counts)
    return f'<tr><th scope="row">{head}</th>{cells}</tr>'


def _badge(severity: Severity) -> str:
    return f"<span class={severity}>{severity}</span>"


def _text(text: str) -> str:
    """Text as HTML, with controls and bytes outside UTF-8 written out."""
    return escape(
        "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    )
