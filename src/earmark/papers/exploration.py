"""The study of `duthoit2018`'s exploration: class distribution, and PCA, LDA and UMAP of images.

The paper draws its mel-spectrogram images by LDA in two and three dimensions and finds that "LDA is
clearly performing better than other dimensionality reduction algorithms" (section 2.2.1), which it
was fitted on what it shows to do. Here each map is judged as drawn and held out. The paper does not
say at which resolution; it is the images of a sixteenth here, those of its best system.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from earmark.papers.base import Findings, Material, Study

SYSTEM = "cnn-16"
PICTURE = "duthoit2018-maps-{}.svg"


def study(material: Material) -> Findings:
    """Tracks by genre, four maps, and how well each method tells genres apart."""
    from earmark.explore.collection import collect, vector
    from earmark.explore.figure import draw
    from earmark.explore.maps import Judged, lead, make_maps

    store = material.store(SYSTEM)
    tracks = [track for name, track in material.tracks.items() if name in store]
    collection = collect(
        material.dataset,
        store.settings.kind,
        tracks,
        np.stack([vector(store, track.id) for track in tracks]),
        output="genre",
        feature=store.feature,
    )
    maps = make_maps(collection)
    wanted = (("pca", False), ("umap", False), ("lda", False), ("lda", True))
    found = [maps.find(method, 2, held_out=held) for method, held in wanted]
    picture = PICTURE.format(material.dataset)

    def cells(row: Judged) -> list[str]:
        drawn, held = row.drawn, row.held_out
        shares = [f"{drawn.accuracy:.1%}", "–" if held is None else _percent(held)]
        silhouettes = [_signed(drawn.silhouette), "–" if held is None else _signed(held.silhouette)]
        return [row.title, *shares, *silhouettes]

    heads = ["map", "k-NN, as drawn", "k-NN, held out", "silhouette, as drawn", "held out"]
    text = [
        "Tracks of each genre: "
        + ", ".join(
            f"{label} {count}"
            for label, count in zip(collection.labels, collection.counts(), strict=True)
        )
        + ".",
        "",
        f"![PCA, UMAP and LDA of the images; LDA beside held-out tracks]({picture})",
        "",
        *_table(heads, [cells(row) for row in maps.judged]),
        "",
        "k-NN: share of tracks whose ten nearest by other artists vote for their genre. As drawn: "
        "fitted on all tracks, as the paper's figures are. Held out: fitted on two thirds, judged "
        "on the last, in turn, no artist on both sides (95 %, bootstrap over artists). All start "
        f"from {maps.components} principal components of the standardized pixels.",
    ]
    best = lead(maps.judged, collection.groups[collection.codes >= 0])
    if best is not None:
        first, second, gap, interval = best
        sure = f" (95 %: {100 * interval[0]:+.1f} to {100 * interval[1]:+.1f})" if interval else ""
        text += [
            "",
            f"Held out, {first.title} leads {second.title} by {100 * gap:.1f} points{sure}.",
        ]
    data: dict[str, Any] = {
        "tracks": dict(zip(collection.labels, collection.counts().tolist(), strict=True)),
        "components": maps.components,
        "maps": {
            row.title: {
                "drawn": row.drawn.to_dict(),
                "held_out": row.held_out and row.held_out.to_dict(),
            }
            for row in maps.judged
        },
    }
    drawing = draw(collection, [one for one in found if one is not None])
    return Findings(text="\n".join(text), data=data, pictures={picture: drawing.encode()})


STUDY = Study(
    key="exploration",
    title="Exploration: is LDA clearly better?",
    needs=(SYSTEM,),
    run=study,
    data=("gtzan-mel", "emotify", "magnatagatune"),
    networks=False,
)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def _percent(score: Any) -> str:
    if score.interval is None:
        return f"{score.accuracy:.1%}"
    low, high = score.interval
    return f"{score.accuracy:.1%} ({low:.1%} to {high:.1%})"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")
