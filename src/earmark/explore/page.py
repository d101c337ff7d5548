"""An exploration as one HTML page that needs no network; its script draws the maps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from earmark.explore import figures, map_section
from earmark.explore.correlation import EACH, MOST_LABELS, Correlation
from earmark.explore.exploration import Exploration
from earmark.explore.listening import SECONDS, SECONDS_OF_OUTLIERS, Example
from earmark.explore.map_section import swatch
from earmark.explore.outliers import Outlier
from earmark.explore.spectra import RANGES, Spectra
from earmark.features import feature_to_dict
from earmark.page import document, table, text
from earmark.reporting.figures import percent

_STYLES = [("earmark.reporting", "report.css"), ("earmark.explore", "page.css")]
_PARTS = {
    "distribution": "What is in it",
    "maps": "Maps",
    "correlation": "Within and across",
    "spectra": "Average spectra",
    "examples": "How it sounds",
    "outliers": "Worth a listen",
}
_KINDS = {
    "among strangers": "Among strangers: the label may be wrong, or the music lie between two.",
    "far from all": "Far from all: damaged, silent in parts, or unlike anything else here.",
    "all but the same": "Almost the same: distances alone say so; “earmark doctor” compares the "
    "sound itself.",
}


def as_html(found: Exploration) -> str:
    """The page."""
    return document(f"A look at {found.collection.name}", _body(found), styles=_STYLES)


def _heads(found: Exploration) -> dict[str, str]:
    """The sections that there are, with their headings."""
    heads = dict(_PARTS)
    if not found.collection.labelled:
        heads["correlation"] = "How alike tracks are"
    if found.spectra is None:
        del heads["spectra"]
    if not found.examples:
        del heads["examples"]
    elif not _heard(found):
        heads["examples"] = "How it looks"
    if found.collection.kind != "audio":
        heads["outliers"] = "Worth a look"
    return heads


def _heard(found: Exploration) -> bool:
    return any(example.mp3 for example in found.examples)


def _body(found: Exploration) -> Iterator[str]:
    heads = _heads(found)
    yield from _summary(found)
    yield f"<nav><ul class=contents>{''.join(_links(heads))}</ul></nav>"
    yield from _distribution(found)
    yield from map_section.section(found)
    yield from _correlation(found.correlation, heads["correlation"])
    if found.spectra is not None:
        yield from _spectra(found.spectra)
    if found.examples:
        yield from _examples(found, heads["examples"])
    yield from _outliers(found, heads["outliers"])
    yield from _failures(found)
    yield from map_section.scripts(found)


def _summary(found: Exploration) -> Iterator[str]:
    known = found.collection
    usual = feature_to_dict(type(known.feature)())
    changed = [f", {k} {v}" for k, v in feature_to_dict(known.feature).items() if v != usual[k]]
    taken = "" if known.feature.time_axis is None else ", mean and deviation over time"
    groups = {f"groups by {' and '.join(known.by)}": f"{int(known.groups.max()) + 1:,}"}
    who = {} if known.by == ("track",) else groups
    facts = {
        "tracks": f"{len(known.tracks):,} read, {len(known.failures):,} not",
        known.output or "labels": f"{len(known.labels):,} labels" if known.labels else "none",
        **who,
        "feature": f"{known.feature.name}{''.join(changed)}{taken}: "
        f"{known.vectors.shape[1]:,} numbers a track",
    }
    yield "<dl class=facts>"
    yield from (f"<dt>{text(head)}</dt><dd>{text(words)}</dd>" for head, words in facts.items())
    yield "</dl>"


def _links(heads: Mapping[str, str]) -> Iterator[str]:
    return (f'<li><a href="#{part}">{head}</a></li>' for part, head in heads.items())


def _distribution(found: Exploration) -> Iterator[str]:
    known = found.collection
    yield f"<section id=distribution><h2>{_PARTS['distribution']}</h2>"
    if not known.labels:
        yield f"<p class=warning>{text(map_section.why_no_labels(known))}</p></section>"
        return
    counts = known.counts().tolist()
    largest, smallest = known.labels[0], known.labels[-1]
    if counts[0] != counts[-1]:
        yield (
            f"<p class=lead>The largest, {text(largest)}, has {counts[0] / counts[-1]:.1f} times "
            f"the tracks of the smallest, {text(smallest)}. Whoever says {text(largest)} to all is "
            f"right for {percent(counts[0] / sum(counts))}.</p>"
        )
    else:
        yield f"<p class=lead>Every label has {counts[0]} tracks.</p>"
    yield "<div class=beside><figure><figcaption>Tracks of each label</figcaption>"
    yield figures.distribution(known.labels[:MOST_LABELS], counts[:MOST_LABELS])
    if more := len(known.labels) - MOST_LABELS:
        yield f"<p class=quiet>{more} smaller labels are in the table.</p>" if more > 0 else ""
    yield "</figure>"
    yield from _label_table(found, counts)
    yield "</div></section>"


def _label_table(found: Exploration, counts: Sequence[int]) -> Iterator[str]:
    """Tracks, share, groups and official sides of each label; columns add up."""
    known = found.collection
    sides = [s for s in ("train", "valid", "test") if any(t.split == s for t in known.tracks)]
    total = sum(counts)
    grouped = known.by != ("track",)
    rows = []
    for code, label in enumerate(known.labels):
        own = np.flatnonzero(known.codes == code)
        of_sides = Counter(known.tracks[i].split for i in own.tolist())
        groups = len(np.unique(known.groups[own]))
        cells = [str(counts[code]), percent(counts[code] / total), *([str(groups)] * grouped)]
        rows.append([text(label), *cells, *(str(of_sides[side]) for side in sides)])
    heads = [known.output or "label", "tracks", "share", *([f"{known.by[0]}s"] * grouped), *sides]
    yield from table("Labels", [text(head) for head in heads], rows)


def _correlation(found: Correlation, head: str) -> Iterator[str]:
    yield f"<section id=correlation><h2>{head}</h2>"
    several = len(found.labels) > 1
    if several and np.isfinite([found.within, found.across]).all():
        yield (
            f"<p class=lead>Two tracks of one label correlate by {_r(found.within)} on average, "
            f"two of different labels by {_r(found.across)}.</p>"
        )
    pairs = " Pairs by one artist are no pairs in the table." if several else ""
    yield (
        "<p>Pearson's r of what makes tracks differ from the average one: 1 alike, 0 unrelated, "
        f"−1 opposite.{pairs}</p><div class=uneven>"
    )
    drawn = f"Up to {EACH} tracks of each label" if several else f"{len(found.rows)} tracks"
    yield f"<figure><figcaption>{drawn}, as if drawn at random</figcaption>"
    yield figures.correlations(found)
    yield "</figure>"
    if several:
        yield from _mean_table(found)
    yield "</div></section>"


def _mean_table(found: Correlation) -> Iterator[str]:
    yield '<div class=wide tabindex=0 role=region aria-label="Mean correlation of labels">'
    yield "<table class=heat><thead><tr><td></td>"
    yield "".join(f'<th scope="col"><span>{text(name)}</span></th>' for name in found.labels)
    yield "</tr></thead><tbody>"
    largest = max(0.05, float(np.nanmax(np.abs(found.means), initial=0.0)))
    for name, row in zip(found.labels, found.means, strict=True):
        cells = "".join(_cell(r, largest) for r in row.tolist())
        yield f'<tr><th scope="row">{text(name)}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _cell(r: float, largest: float) -> str:
    if np.isnan(r):
        return "<td>–</td>"
    share = abs(r) / largest
    colour = "0 90 150" if r > 0 else "179 74 0"
    kind = " class=dark" if share >= 0.65 else ""
    short = _r(r).replace("0.", ".")
    return f'<td{kind} style="background:rgb({colour} / {0.85 * share:.2f})">{short}</td>'


def _spectra(found: Spectra) -> Iterator[str]:
    yield f"<section id=spectra><h2>{_PARTS['spectra']}</h2>"
    yield (
        "<p>Mean level of each mel band over time and tracks, in dB below the loudest cell of each "
        "track.</p><div class=many>"
    )
    for code in range(min(len(found.labels), MOST_LABELS)) if found.labels else [-1]:
        name = text(found.labels[code]) if found.labels else "all tracks"
        yield f"<figure class=spectrum><figcaption>{name}</figcaption>"
        yield figures.spectrum(found, code) + "</figure>"
    yield "</div>"
    if found.labels:
        yield "<p>dB above or below the average of all tracks:</p>"
        rows = (
            [text(label), *(_decibels(gap) for gap in found.above_average(code).values())]
            for code, label in enumerate(found.labels)
        )
        yield from table("Levels of labels", ["label", *RANGES], rows)
    yield "</section>"


def _examples(found: Exploration, head: str) -> Iterator[str]:
    yield f"<section id=examples><h2>{head}</h2>"
    of = " of each label" if found.collection.labelled else ""
    if _heard(found):
        yield (
            f"<p>The most typical track{of}, the one nearest to the mean: "
            f"{SECONDS:g} s from its middle, to hear and to see. Bright is loud: 80 dB from black "
            "to white, and the Gabor transform by the square root of its magnitude, which is "
            "enough to see and shows what repeats. The periodogram is in twelfths of an octave."
            "</p><div>"
        )
    else:
        yield (
            f"<p>The most typical track{of}, the one nearest to the mean. Bright is loud: 80 dB "
            "from black to white. Only log-mels are stored of this data set, so that there is "
            "nothing to hear, no linear spectrogram, no periodogram and no Gabor transform.</p>"
            "<div class=looks>"
        )
    for example in found.examples:
        yield from _example(found, example)
    yield "</div></section>"


def _example(found: Exploration, example: Example) -> Iterator[str]:
    track = found.collection.tracks[example.row]
    code = found.collection.codes[example.row] if found.collection.labelled else 0
    artist = f" – {text(track.artist)}" if track.artist else ""
    yield f"<div class=example data-heard><h3>{swatch(int(code))} {text(example.label)}</h3>"
    yield f"<p class=quiet>{text(track.id)}{artist}</p>"
    if example.mp3:
        yield (
            f'<audio controls preload=metadata src="{example.mp3}" '
            f'aria-label="{SECONDS:g} s of {text(track.id)}"></audio>'
        )
    yield "<div class=many>"
    for picture in example.pictures:
        yield f"<figure><figcaption>{figures.KINDS[picture.kind]}</figcaption>"
        yield figures.spectrogram(picture, track.id) + "</figure>"
    if example.periodogram is not None:
        yield "<figure><figcaption>Periodogram</figcaption>"
        yield figures.density(example.periodogram, track.id) + "</figure>"
    yield "</div></div>"


def _outliers(found: Exploration, head: str) -> Iterator[str]:
    yield f"<section id=outliers><h2>{head}</h2>"
    if not found.outliers:
        yield "<p>Nothing stands out.</p></section>"
        return
    seconds = f" Players hold {SECONDS_OF_OUTLIERS:g} s from the middle." if found.sounds else ""
    yield (f"<p>None of this is proof of a fault: it is where time is spent best.{seconds}</p>")
    for kind, about in _KINDS.items():
        own = [outlier for outlier in found.outliers if outlier.kind == kind]
        if own:
            head, _, rest = about.partition(": ")
            yield f"<h3>{head}</h3><p class=quiet>{text(rest[0].upper() + rest[1:])}</p>"
            yield "<ul class=listen>"
            for outlier in own:
                yield from _outlier(found, outlier)
            yield "</ul>"
    yield "</section>"


def _outlier(found: Exploration, outlier: Outlier) -> Iterator[str]:
    known = found.collection
    yield "<li>"
    for row in (outlier.row, outlier.other):
        if row is None:
            continue
        track = known.tracks[row]
        artist = f" – {text(track.artist)}" if track.artist else ""
        yield f"<p><strong>{text(track.id)}</strong>{artist}</p>"
        if sound := found.sounds.get(row):
            yield (
                f'<audio controls preload=metadata src="{sound}" '
                f'aria-label="{SECONDS_OF_OUTLIERS:g} s of {text(track.id)}"></audio>'
            )
        yield f"<p class=path>{text(str(track.path))}</p>"
    yield (
        f"<p>{text(outlier.why[0].upper() + outlier.why[1:])}.</p>"
        f'<button class=show data-show="{outlier.row}">Show in the maps</button></li>'
    )


def _failures(found: Exploration) -> Iterator[str]:
    failures = found.collection.failures
    if failures:
        yield f"<section id=failures><h2>What could not be read</h2><p>{len(failures)} tracks.</p>"
        yield "<ul>"
        for name, reason in failures.items():
            yield f"<li class=name>{text(name)}: {text(reason)}</li>"
        yield "</ul></section>"


def _r(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", "−")


def _decibels(gap: float) -> str:
    return f"{gap:+.1f}".replace("-", "−")
