"""The study of `yu2018`'s nodes: a table and a picture of them, and how well they recommend."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from earmark.datasets import Track
from earmark.evaluation.intervals import bootstrap_interval
from earmark.features import LogMel
from earmark.features.mel import hz_to_mel, mel_to_hz
from earmark.papers.base import Findings, Material
from earmark.papers.nodes import (
    NEAREST,
    Heard,
    Numbers,
    Trait,
    agreement,
    chance,
    correlations,
    listen,
    similar,
    traits,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OUTPUTS = ("genre", "mood")
LEVEL = "level"
"""Mean level of a track's slices below their loudest cells: high where the sound is dense."""

PICTURE = "yu2018-nodes-{}.svg"
_EXAMPLES = 3
_FELT = "felt"
_KINDS = (*OUTPUTS, _FELT, LEVEL)
_LABELS_OF_HZ = (100, 500, 1000, 3000, 10000)


def study(material: Material, system: str) -> Findings:
    """What the nodes of a system's networks stand for, on tracks that they have not learnt from.

    The table and the picture are of one network, that of the first fold: each fold's has other
    nodes. Recommendation is judged in every fold among its own tracks, and pooled.
    """
    folds = [
        _heard(material, system, folder, names)
        for folder, names in zip(
            material.folders(system, "leak-free"), material.judged(system, "leak-free"), strict=True
        )
    ]
    first = folds[0]
    values = sorted(set.intersection(*(set(track.values) for track in first.tracks)))
    level = first.levels.mean(axis=1)
    known = [*traits(first.tracks, OUTPUTS, values), Trait(LEVEL, LEVEL, level)]
    with_traits = correlations(first.vectors, np.stack([t.amounts for t in known], axis=1))
    with_bands = correlations(first.vectors, first.levels - level[:, None])
    artists = len({track.artist or track.id for track in first.tracks})
    limit = 2 / np.sqrt(artists)
    agreements = _agreements(folds)
    picture = PICTURE.format(material.dataset)
    text = [
        f"One network, that of the first fold, heard the {len(first.tracks)} tracks of {artists} "
        "artists on which it was judged and from which it had not learnt. A node's mean over a "
        "track's slices is correlated with what is known of the tracks: each label, what "
        "listeners felt, the mean level, and how far each mel band lies above or below that. "
        f"Of no relation at all |r| stays below {limit:.2f} in 19 of 20 cases; less is left out.",
        "",
        *_table(first, known, with_traits, with_bands, limit),
        "",
        f"![Correlation of each node with labels, feelings, level and mel bands]({picture})",
        "",
        "### Similar tracks by the nodes",
        "",
        f"Share of the {NEAREST} nearest tracks that have a track's own label, mean over all "
        f"{sum(len(fold.tracks) for fold in folds)} tracks, each among those of its fold "
        "(95 %, bootstrap over artists). Tracks of one artist are alike for more reasons than "
        "genre and mood, so that only the columns without the same artist tell something.",
        "",
        *_agreement_table(agreements),
        "",
        *_examples(first),
    ]
    data = {
        "system": system,
        "tracks": len(first.tracks),
        "artists": artists,
        "nodes": [
            {
                "node": i + 1,
                "active": _rounded(first.active[i]),
                "traits": {t.name: _rounded(with_traits[i, j]) for j, t in enumerate(known)},
                "bands": [_rounded(r) for r in with_bands[i]],
            }
            for i in range(first.vectors.shape[1])
        ],
        "agreement": agreements,
    }
    drawing = draw(known, with_traits, with_bands)
    return Findings(text="\n".join(text), data=data, pictures={picture: drawing})


def _heard(material: Material, system: str, folder: Any, names: Sequence[str]) -> Heard:
    store = material.store(system)
    names = [name for name in dict.fromkeys(names) if name in store]
    tracks = [material.tracks[name] for name in names]
    return listen(material.network(folder), tracks, (store.read(name) for name in names))


def _table(
    heard: Heard, known: Sequence[Trait], r: Numbers, bands: Numbers, limit: float
) -> list[str]:
    lines = [
        "| node | on | genre | mood | listeners feel | level | bands | says most of |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for i, active in enumerate(heard.active):
        loudest = heard.tracks[int(heard.vectors[:, i].argmax())]
        cells = [str(i + 1), f"{active:.0%}"]
        of_kind: dict[str, list[tuple[str, float]]] = {kind: [] for kind in _KINDS}
        for trait, value in zip(known, r[i], strict=True):
            of_kind[_kind(trait)].append((trait.name, float(value)))
        cells += [_strongest(of_kind[kind], limit) for kind in _KINDS]
        cells += [_stretch(bands[i], limit), f"`{loudest.id}`" if active else "–"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _kind(trait: Trait) -> str:
    return trait.question if trait.question in _KINDS else _FELT


def _strongest(pairs: Sequence[tuple[str, float]], limit: float, count: int = 2) -> str:
    """The traits that go along with a node most, such as "classical +0.62, rock −0.41"."""
    ordered = sorted(pairs, key=lambda pair: -abs(pair[1]))[:count]
    named = [
        f"{name.replace('_', ' ')} {_signed(r)}".removeprefix(f"{LEVEL} ")
        for name, r in ordered
        if abs(r) >= limit
    ]
    return ", ".join(named) or "–"


def _stretch(r: Numbers, limit: float) -> str:
    """The neighbouring bands that go along with a node most, such as "2.1 to 4 kHz −0.55"."""
    peak = int(np.abs(r).argmax())
    if abs(r[peak]) < limit:
        return "–"
    near = np.sign(r) * np.sign(r[peak]) * np.abs(r) >= 0.9 * abs(r[peak])
    gaps = np.flatnonzero(~near)
    low = int(gaps[gaps < peak].max(initial=-1)) + 1
    high = int(gaps[gaps > peak].min(initial=len(r))) - 1
    begin, end = (_hertz(value) for value in band_centres(len(r))[[low, high]])
    amount, unit = begin.split()
    begin_once = amount if end.endswith(f" {unit}") else begin
    where = end if begin == end else f"{begin_once} to {end}"
    return f"{where} {_signed(r[peak])}"


def band_centres(bands: int) -> Numbers:
    """Centres in Hz of the bands of a log-mel of the default range and scale [shape=(bands,)]."""
    log_mel = LogMel(bands=bands)
    ends = hz_to_mel(np.array([log_mel.f_min, log_mel.f_max]), log_mel.mel)
    return mel_to_hz(np.linspace(ends[0], ends[1], bands + 2), log_mel.mel)[1:-1]


def _agreements(folds: Sequence[Heard]) -> dict[str, Any]:
    """By what tracks are compared, by output, by whether the same artist may be recommended."""
    names = [track.artist or track.id for fold in folds for track in fold.tracks]
    groups = np.unique(names, return_inverse=True)[1]

    def judged(by: str, output: str, *, other_artists: bool) -> dict[str, Any]:
        parts = []
        for fold in folds:
            if by == "chance":
                parts.append(chance(fold.tracks, output, other_artists=other_artists))
                continue
            vectors = fold.vectors if by == "nodes" else fold.levels
            parts.append(agreement(vectors, fold.tracks, output, other_artists=other_artists))
        shares = np.concatenate(parts)
        asked = np.flatnonzero(np.isfinite(shares))
        if not len(asked):
            return {"share": None, "interval": None}
        kept = shares[asked]
        interval = bootstrap_interval(lambda rows: float(kept[rows].mean()), groups[asked])
        return {
            "share": _rounded(kept.mean()),
            "interval": interval and [_rounded(value) for value in interval],
        }

    return {
        by: {
            output: {
                name: judged(by, output, other_artists=other)
                for name, other in (("any artist", False), ("other artists", True))
            }
            for output in OUTPUTS
        }
        for by in ("nodes", "mean spectrum", "chance")
    }


def _agreement_table(agreements: dict[str, Any]) -> list[str]:
    columns = [(output, who) for output in OUTPUTS for who in ("any artist", "other artists")]
    lines = [
        "| compared by | " + " | ".join(f"{output}, {who}" for output, who in columns) + " |",
        "|---|" + "---|" * len(columns),
    ]
    names = {"nodes": "the nodes", "mean spectrum": "mean level of each band", "chance": "chance"}
    for by, name in names.items():
        cells = [_share(agreements[by][output][who], by) for output, who in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _share(judged: dict[str, Any], by: str) -> str:
    if judged["share"] is None:
        return "–"
    if by == "chance" or not judged["interval"]:
        return f"{judged['share']:.0%}"
    low, high = judged["interval"]
    return f"{judged['share']:.0%} ({low:.0%} to {high:.0%})"


def _examples(heard: Heard) -> list[str]:
    """What would be recommended for the first track of each genre."""
    firsts: dict[str, int] = {}
    for i, track in enumerate(heard.tracks):
        firsts.setdefault(track.labels.get("genre", ""), i)
    lines = ["| for | the nearest by other artists |", "|---|---|"]
    for i in sorted(firsts.values()):
        near = [heard.tracks[j] for j in similar(heard, i, count=_EXAMPLES)]
        lines.append(f"| {_named(heard.tracks[i])} | {', '.join(map(_named, near)) or '–'} |")
    return lines


def _named(track: Track) -> str:
    return f"`{track.id}` ({track.artist})" if track.artist else f"`{track.id}`"


def draw(known: Sequence[Trait], with_traits: Numbers, with_bands: Numbers) -> bytes:
    """The correlations as an SVG: nodes down, traits and bands across; the same for the same r."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "earmark", "font.size": 8}):
        figure = Figure(figsize=(10, 0.27 * len(with_traits) + 1.5), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1.25, 1), sharey=True)
        colours = {"cmap": "RdBu_r", "vmin": -1, "vmax": 1, "aspect": "auto"}
        left.imshow(with_traits, interpolation="nearest", **colours)
        names = [trait.name.replace("_", " ") for trait in known]
        left.set_xticks(range(len(names)), names, rotation=60, ha="right", rotation_mode="anchor")
        left.set_yticks(range(len(with_traits)), [str(i + 1) for i in range(len(with_traits))])
        left.set_ylabel("node")
        _part(left, known)
        _write(left, with_traits)
        drawn = right.imshow(with_bands, interpolation="nearest", **colours)
        centres = band_centres(with_bands.shape[1])
        places = [int(np.abs(centres - hz).argmin()) for hz in _LABELS_OF_HZ]
        right.set_xticks(places, [_hertz(hz) for hz in _LABELS_OF_HZ])
        right.set_xlabel("mel band above or below the mean level")
        right.tick_params(labelleft=False)
        figure.colorbar(drawn, ax=right, label="Pearson's r over tracks", pad=0.02)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def _part(axes: Axes, known: Sequence[Trait]) -> None:
    """White lines between traits of different kinds."""
    kinds = [_kind(trait) for trait in known]
    for i, (one, following) in enumerate(pairwise(kinds)):
        if one != following:
            axes.axvline(i + 0.5, color="white", linewidth=3)


def _write(axes: Axes, r: Numbers) -> None:
    """The larger numbers into their cells, so that no one has to match colours."""
    for (row, column), value in np.ndenumerate(r):
        if abs(value) >= 0.3:
            colour = "white" if abs(value) > 0.6 else "black"
            text = _signed(value).replace("0.", ".")
            axes.text(column, row, text, color=colour, ha="center", va="center", fontsize=6)


def _hertz(hz: float) -> str:
    return f"{hz / 1000:.2g} kHz" if hz >= 1000 else f"{round(hz, -1):.0f} Hz"


def _signed(r: float) -> str:
    return f"{r:+.2f}".replace("-", "−")


def _rounded(value: float) -> float:
    return round(float(value), 4)
