"""The average spectrum of each label: mean level of every mel band, over time and tracks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from earmark.explore.collection import Collection, Numbers
from earmark.features import LogMel
from earmark.features.mel import hz_to_mel, mel_to_hz

RANGES = {
    "bass, below 200 Hz": (0, 200),
    "200 to 800 Hz": (200, 800),
    "0.8 to 3.2 kHz": (800, 3200),
    "treble, above 3.2 kHz": (3200, 12000),
}


@dataclass(frozen=True)
class Spectra:
    """Average spectra, in dB below the loudest cell of each track.

    Attributes:
        centres: centre of each band in Hz [shape=(bands,)].
        labels: names of labels.
        levels: mean over the tracks of each label [shape=(labels, bands)].
        overall: mean over all tracks [shape=(bands,)].
    """

    centres: Numbers
    labels: Sequence[str]
    levels: Numbers
    overall: Numbers

    def above_average(self, code: int) -> Mapping[str, float]:
        """By how many dB a label lies above all tracks, in each of `RANGES`."""
        gap = self.levels[code] - self.overall
        return {
            name: float(gap[(self.centres >= low) & (self.centres < high)].mean())
            for name, (low, high) in RANGES.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """Levels above the average, as plain values."""
        return {
            label: {name: round(gap, 2) for name, gap in self.above_average(i).items()}
            for i, label in enumerate(self.labels)
        }


def average_spectra(collection: Collection) -> Spectra | None:
    """The spectra of all labels; None where levels are not known."""
    spectra = collection.spectra
    if spectra is None:
        return None
    labels = collection.labels if collection.labelled else []
    levels = [spectra[collection.codes == i].mean(axis=0) for i in range(len(labels))]
    bands = spectra.shape[1]
    return Spectra(
        _centres(bands), labels, np.array(levels).reshape(-1, bands), spectra.mean(axis=0)
    )


def _centres(bands: int) -> Numbers:
    stored = LogMel()
    ends = hz_to_mel(np.array([stored.f_min, stored.f_max]), stored.mel)
    centres: Numbers = mel_to_hz(np.linspace(ends[0], ends[1], bands + 2), stored.mel)[1:-1]
    return centres
