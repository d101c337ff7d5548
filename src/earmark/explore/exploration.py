"""Everything that a page shows, worked out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from earmark.explore.collection import Collection
from earmark.explore.correlation import Correlation, correlate
from earmark.explore.listening import SECONDS_OF_OUTLIERS, Example, excerpt_of, find_examples
from earmark.explore.maps import Maps, make_maps
from earmark.explore.outliers import Outlier, find_outliers
from earmark.explore.spectra import Spectra, average_spectra
from earmark.features import feature_to_dict


@dataclass(frozen=True)
class Exploration:
    """A data set, explored.

    Attributes:
        collection: its tracks.
        maps: where they lie, and how well labels can be told apart there.
        correlation: how alike they are within labels and across.
        spectra: the average of each label; None where levels are not known.
        examples: the most typical track of each label.
        outliers: what is worth a listen.
        sounds: excerpts of outliers by row, as data URIs; without those that cannot be heard.
    """

    collection: Collection
    maps: Maps
    correlation: Correlation
    spectra: Spectra | None
    examples: Sequence[Example]
    outliers: Sequence[Outlier]
    sounds: Mapping[int, str]

    def to_dict(self) -> dict[str, Any]:
        """All its numbers as plain values."""
        known = self.collection
        return {
            "dataset": known.name,
            "output": known.output,
            "feature": feature_to_dict(known.feature),
            "tracks": len(known.tracks),
            "failures": dict(known.failures),
            "labels": dict(zip(known.labels, known.counts().tolist(), strict=True)),
            "groups": {"by": list(known.by), "count": int(known.groups.max()) + 1},
            "scores": {
                row.title: {
                    "drawn": row.drawn.to_dict(),
                    "held_out": row.held_out and row.held_out.to_dict(),
                }
                for row in self.maps.judged
            },
            "correlation": self.correlation.to_dict(),
            "spectra": self.spectra and self.spectra.to_dict(),
            "outliers": [outlier.to_dict(known) for outlier in self.outliers],
        }


def explore(collection: Collection, say: Callable[[str], None] = lambda _: None) -> Exploration:
    """Work everything out.

    Args:
        collection: what is explored.
        say: told what is being done, since maps of many tracks take minutes.

    Raises:
        MissingExtra: a library of the extra `explore` is not installed.
    """
    say(f"{len(collection.tracks)} tracks: PCA, UMAP and LDA, drawn and held out")
    maps = make_maps(collection)
    say("correlation, spectra, outliers")
    outliers = find_outliers(collection, maps.whole)
    heard = dict.fromkeys(row for o in outliers for row in (o.row, o.other) if row is not None)
    sounds = {row: excerpt_of(collection, row, SECONDS_OF_OUTLIERS) for row in heard}
    return Exploration(
        collection=collection,
        maps=maps,
        correlation=correlate(collection),
        spectra=average_spectra(collection),
        examples=find_examples(collection, maps.whole),
        outliers=outliers,
        sounds={row: sound for row, sound in sounds.items() if sound is not None},
    )
