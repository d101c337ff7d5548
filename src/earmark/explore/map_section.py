"""The part of the page that shows maps: scores, legend, canvases, and the places as data."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

import numpy as np

from earmark.explore import figures
from earmark.explore.collection import Collection, Numbers
from earmark.explore.correlation import MOST_LABELS
from earmark.explore.exploration import Exploration
from earmark.explore.maps import FOLDS, Judged, Map, Maps, Score, lead
from earmark.explore.neighbours import COUNT
from earmark.explore.projections import DIMENSIONS, METHODS
from earmark.page import table, text
from earmark.reporting.figures import percent

SHAPES = (
    "M-.85 0a.85.85 0 1 0 1.7 0a.85.85 0 1 0-1.7 0z",
    "M-.76-.76h1.52v1.52h-1.52z",
    "M0-1L.95.75H-.95z",
    "M0-1.08L1.02 0 0 1.08-1.02 0z",
    "M0 1L.95-.75H-.95z",
    "M-.3-1h.6v.7h.7v.6h-.7v.7h-.6v-.7h-.7v-.6h.7z",
    "M-.92-.5l.42-.42.5.5.5-.5.42.42-.5.5.5.5-.42.42-.5-.5-.5.5-.42-.42.5-.5z",
    "M0-1.1L.32-.35 1.05-.34.48.13.68.89 0 .46-.68.89-.48.13-1.05-.34-.32-.35z",
)
"""Marks of labels, about the origin and of radius one: circle, square, triangle, …, star."""

_COLOURS = 7
_SCRIPTS = ("marks.js", "view.js", "controls.js")
_MANY = 2000  # tracks, of which marks are drawn smaller
_SHORT = {"pca": "PC {}: {}", "umap": "UMAP {}", "lda": "LD {}"}
_ABOUT = {
    "pca": "Principal components: the directions in which tracks differ most. Labels have no say.",
    "umap": "UMAP keeps near what is near; how far apart groups lie means little, and its axes "
    "have no unit. Labels have no say.",
    "lda": "Linear discriminants: the directions in which labels lie apart most. It was told the "
    "labels, so that a map of the tracks it was fitted on flatters; the held-out tracks beside it, "
    "which it has not seen, do not.",
}


def section(found: Exploration) -> Iterator[str]:
    """Scores, and all maps."""
    maps = found.maps
    names = [name for key, name in METHODS.items() if maps.find(key, 2) is not None]
    yield f"<section id=maps><h2>Maps: {', '.join(names[:-1])} and {names[-1]}</h2>"
    yield from _scores(found.collection, maps)
    yield from _legend(found.collection)
    yield (
        "<p class=quiet>Drag, or the arrow keys: turn or shift. Wheel (after a click), pinch, "
        "<kbd>+</kbd> <kbd>−</kbd>: zoom. <kbd>0</kbd>: as before. <kbd>n</kbd> <kbd>p</kbd>: the "
        "next or previous track. What is pointed at in one map is ringed in all. All axes of a map "
        "have one scale.</p><noscript><p class=warning>The maps are drawn by a script, which this "
        "browser does not run; the tables say what they show.</p></noscript>"
    )
    for method in METHODS:
        yield from _method(maps, method)
    yield "</section>"


def scripts(found: Exploration) -> Iterator[str]:
    """The places of all tracks, and what draws them."""
    data = json.dumps(_data(found.collection, found.maps.maps), separators=(",", ":"))
    harmless = data.replace("<", "\\u003c")  # no name can end the element
    yield f'<script type="application/json" id=map-data>{harmless}</script>'
    home = resources.files("earmark.explore")
    for name in _SCRIPTS:
        yield f"<script>\n{home.joinpath(name).read_text(encoding='utf-8')}</script>"


def swatch(code: int) -> str:
    """The mark of a label."""
    inside = "var(--paper)" if _hollow(code) else f"var({_colour(code)})"
    return (
        '<svg class=swatch viewBox="-1.2 -1.2 2.4 2.4" aria-hidden=true>'
        f'<path d="{SHAPES[code % len(SHAPES)]}" fill="{inside}" stroke="var({_colour(code)})" '
        'stroke-width=".3"/></svg>'
    )


def _hollow(code: int) -> bool:
    """Whether a mark is an outline: it is once all colours have been given out."""
    return _COLOURS <= code < MOST_LABELS


def _colour(code: int) -> str:
    return f"--g{code % _COLOURS}" if code < MOST_LABELS else "--rest"


def _scores(collection: Collection, maps: Maps) -> Iterator[str]:
    if not maps.judged:
        if collection.labels:
            yield f"<p class=warning>{text(why_no_labels(collection))}</p>"
        return
    yield from _headline(maps, collection)
    yield "<div class=uneven>"
    if not maps.held_out_missing:
        yield "<figure><figcaption>Share of tracks whose neighbours have their label</figcaption>"
        yield figures.scores(maps.judged)
        over = " and ".join(f"{grouping}s" for grouping in collection.by)
        yield f"<p class=quiet>Whiskers: 95 %, by bootstrap over {over}.</p></figure>"
    yield from _score_table(maps)
    yield "</div>"
    by = " or ".join(collection.by)
    strangers = "" if by == "track" else f", none by the same {by}"
    yield (
        f"<p class=quiet>k-NN: the {COUNT} nearest tracks vote{strangers}. Silhouette: "
        "1 well apart, 0 between two labels, below 0 nearer to another. As drawn: fitted on all. "
        f"Held out: fitted on {FOLDS - 1} parts of {FOLDS}, judged on the other, in turn, no {by} "
        f"in two parts. All start from {maps.components} principal components of the standardized "
        "feature; LDA shrinks its covariance (Ledoit and Wolf).</p>"
    )
    if by == "track":
        yield (
            "<p class=warning>Who plays is not known: tracks by one artist vote for one another, "
            "and so these scores flatter.</p>"
        )
    if maps.held_out_missing:
        yield f"<p class=warning>Nothing could be held out: {text(maps.held_out_missing)}.</p>"


def why_no_labels(collection: Collection) -> str:
    """Why there is neither LDA nor a score."""
    if collection.labels:
        return (
            f"All tracks have the {collection.output} {collection.labels[0]!r}: there is nothing "
            "to tell apart, and so neither LDA nor a score."
        )
    return (
        "No track has a label: LDA needs labels, and so does a score; PCA and UMAP do not. Labels "
        "come from a folder per genre, or from the columns of a CSV file (the data set “manifest”)."
    )


def _headline(maps: Maps, collection: Collection) -> Iterator[str]:
    """Which method is best, as a number."""
    found = lead(maps.judged, collection.groups[collection.codes >= 0])
    if found is None:
        return
    first, second, gap, interval = found
    assert first.held_out is not None
    words = f"{100 * gap:.1f} points more than {second.title}"
    if interval is not None:
        low, high = (f"{100 * edge:+.1f}".replace("-", "−") for edge in interval)
        words += f" (95 %: {low} to {high})"
        if interval[0] <= 0:
            words += ", which is no sure lead"
    yield f"<p class=headline>{percent(first.held_out.accuracy)}</p>"
    yield (
        f"<p class=lead>of held-out tracks find their {text(collection.output or 'label')} among "
        f"their neighbours in {first.title}: {words}.</p>"
    )


def _score_table(maps: Maps) -> Iterator[str]:
    best = max((r.held_out.accuracy for r in maps.judged if r.held_out), default=None)

    def cells(row: Judged) -> list[str]:
        held = row.held_out
        bold = held is not None and held.accuracy == best
        share = percent(held.accuracy) if held else "–"
        return [
            text(row.title),
            percent(row.drawn.accuracy),
            f"<span class=best>{share}</span>" if bold else share,
            _interval(held),
            _signed(row.drawn.silhouette),
            _signed(held.silhouette) if held else "–",
        ]

    heads = ["map"]
    heads += [f"k-NN<br>{how}" for how in ("as drawn", "held out")] + ["<br>95 %"]
    heads += [f"silhouette<br>{how}" for how in ("as drawn", "held out")]
    yield from table("Scores", heads, map(cells, maps.judged))


def _interval(score: Score | None) -> str:
    if score is None or score.interval is None:
        return "–"
    low, high = score.interval
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _legend(collection: Collection) -> Iterator[str]:
    rest = "Point at a mark, or choose a map and press n."
    yield '<div class=legend role=group aria-label="Labels, and the track pointed at"><ul>'
    for code, label in enumerate(_shown(collection)):
        yield (
            f'<li><button data-label="{code}" aria-pressed=true title="Hide or show">'
            f"{swatch(label['swatch'])} {text(label['name'])}</button></li>"
        )
    yield f'</ul><output id=readout aria-live=polite data-rest="{rest}">{rest}</output></div>'


def _method(maps: Maps, method: str) -> Iterator[str]:
    rows = [(n, maps.find(method, n), maps.find(method, n, held_out=True)) for n in DIMENSIONS]
    if all(drawn is None for _, drawn, _ in rows):
        return
    yield f"<h3>{METHODS[method]}</h3><p>{_ABOUT[method]}</p>"
    yield "<div class=pair>"
    for _, drawn, held in rows:
        for one in (drawn, held):
            if one is not None:
                yield from _canvas(maps, one, flattered=held is not None and one is drawn)
    yield "</div>"


def _canvas(maps: Maps, one: Map, *, flattered: bool) -> Iterator[str]:
    note = " <span class=flattered>on the tracks it was fitted on</span>" if flattered else ""
    solid = one.dimensions == 3
    moved = "turn" if solid else "shift"
    axes = "; ".join(_titles(one))
    units = {unit for _, unit in one.axes}
    unit = f"; axes: {units.pop()}" if len(units) == 1 else ""
    yield f"<figure><figcaption>{text(one.title)}{note}</figcaption>"
    yield (
        f'<canvas data-map="{maps.maps.index(one)}" tabindex=0 role=application '
        f'{"class=solid " if solid else ""}aria-label="{text(one.title)}, {len(one.rows)} tracks. '
        f"Axes: {text(axes)}. Arrow keys {moved}, plus and minus zoom, 0 goes back, n and p go "
        'from track to track."></canvas>'
    )
    yield "<div class=views>"
    for act, sign, name in (("+", "+", "nearer"), ("-", "−", "farther"), ("0", "⟲", "as before")):
        yield f'<button data-act="{act}" aria-label="{name}">{sign}</button>'
    yield f"<span class=quiet>{len(one.rows):,} tracks{text(unit)}</span></div>"
    yield "</figure>"


def _shown(collection: Collection) -> list[dict[str, Any]]:
    """Entries of the legend: the largest labels, and one for all others."""
    names = [collection.output and label for label in collection.labels[:MOST_LABELS]]
    found = [{"name": str(name), "swatch": code} for code, name in enumerate(names)]
    if not found:
        return [{"name": "all tracks", "swatch": 0}]
    if (collection.codes < 0).any() or len(collection.labels) > MOST_LABELS:
        found.append({"name": "others", "swatch": MOST_LABELS})
    return found


def _data(collection: Collection, maps: Sequence[Map]) -> dict[str, Any]:
    shown = _shown(collection)
    codes = np.where(collection.codes < 0, len(shown) - 1, collection.codes)
    return {
        "tracks": [track.id for track in collection.tracks],
        "artists": [track.artist or "" for track in collection.tracks],
        "codes": _packed(np.minimum(codes, len(shown) - 1).astype("<u2")),
        "labels": [
            {
                "name": label["name"],
                "colour": _colour(label["swatch"]),
                "hollow": _hollow(label["swatch"]),
                "named": label["swatch"] < MOST_LABELS and len(shown) > 1,
            }
            for label in shown
        ],
        "shapes": [SHAPES[label["swatch"] % len(SHAPES)] for label in shown],
        "radius": 4.2 if len(collection.tracks) < _MANY else 2.6,
        "maps": [_map(one, len(collection.tracks)) for one in maps],
    }


def _titles(one: Map) -> list[str]:
    return [f"{name} ({unit})" for name, unit in one.axes]


def _map(one: Map, tracks: int) -> dict[str, Any]:
    middle = (one.places.max(axis=0) + one.places.min(axis=0)) / 2
    half = max(float(np.ptp(one.places, axis=0).max()) / 2 * 1.04, 1e-9)
    return {
        "dimensions": one.dimensions,
        "axes": _titles(one),
        "short": [_SHORT[one.method].format(i + 1, unit) for i, (_, unit) in enumerate(one.axes)],
        "ranges": [[round(float(m - half), 6), round(float(m + half), 6)] for m in middle],
        "places": _packed(_steps(one.places, middle, half)),
        "rows": None if len(one.rows) == tracks else _packed(one.rows.astype("<u4")),
    }


def _steps(places: Numbers, middle: Numbers, half: float) -> Any:
    """Places as 16-bit numbers along the edges of a square or a cube."""
    share = (places - middle + half) / (2 * half)
    return np.clip(share * 65535, 0, 65535).round().astype("<u2")


def _packed(numbers: Any) -> str:
    return base64.b64encode(numbers.tobytes()).decode("ascii")
