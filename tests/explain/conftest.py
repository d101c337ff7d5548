"""A model of which it is known what it listens to, and what is found of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from earmark import Classifier, Prediction, load_audio
from earmark.bundle import Output, Part
from earmark.explain import Explanation, explain
from earmark.features import LogMel
from earmark.prediction import Window

from ..means import write_means

RATE = 22050
HEARD_BANDS, HEARD_TIME = slice(40, 64), (0.4, 0.6)
MISSED_BANDS, MISSED_TIME = slice(88, 112), (0.7, 0.9)


class Planted(Classifier):
    """Says rock, the more happens in one stretch of one band, and less for another's."""

    def judge(self, feature):
        columns = feature.shape[1]
        depart = np.abs(feature - feature.mean(axis=1, keepdims=True))

        def busy(bands: slice, time: tuple[float, float]) -> float:
            return float(depart[bands, int(time[0] * columns) : int(time[1] * columns)].mean())

        evidence = busy(HEARD_BANDS, HEARD_TIME) - 0.5 * busy(MISSED_BANDS, MISSED_TIME)
        rock = 1 / (1 + np.exp(-0.5 * evidence))
        others = {label: (1 - rock) / 9 for label in self.labels() if label != "rock"}
        return {"genre": {"rock": rock, **others}, "valence": {"valence": rock}}

    def predict(self, path, *, whole=False):
        def heard(window: Window) -> np.ndarray:
            begin, seconds = window.start_seconds, window.duration_seconds
            return load_audio(path, rate=RATE, start_seconds=begin, duration_seconds=seconds)

        return self._planted(super().predict(path, whole=whole), heard)

    def predict_waveform(self, waveform, rate):
        return self._planted(super().predict_waveform(waveform, rate), lambda window: waveform)

    def _planted(self, judged: Prediction, heard: Callable[[Window], np.ndarray]) -> Prediction:
        """The same prediction with what `judge` says."""
        windows = tuple(
            replace(window, outputs=self.judge(self.bundle.feature(heard(window))))
            for window in judged.windows
            if window.outputs
        )
        return replace(judged, windows=windows, outputs=windows[0].outputs if windows else {})


@pytest.fixture(scope="package")
def one_model(tmp_path_factory) -> Path:
    """A bundle of one model, whose own answers nobody hears."""
    genre = {"genre": Output(Classifier.load().labels())}
    return write_means(tmp_path_factory.mktemp("planted") / "bundle", LogMel(), genre)


@pytest.fixture
def planted(one_model) -> Planted:
    return Planted.load(one_model)


@pytest.fixture
def number(planted) -> Planted:
    """The same, answering with a number as well."""
    classifier = planted
    bundle = classifier.bundle
    outputs = {**bundle.outputs, "valence": Output(("valence",), kind="number")}
    members = tuple(replace(m, parts={"valence": Part("valence")}) for m in bundle.members)
    classifier.bundle = replace(bundle, outputs=outputs, members=members)
    return classifier


@pytest.fixture(scope="package")
def track(album, write_sound, tmp_path_factory) -> Path:
    """20 s of music, so that a cell of the grid is a second long."""
    waveform = load_audio(album[9], rate=RATE, duration_seconds=20)
    return write_sound(tmp_path_factory.mktemp("track") / "track.flac", waveform, RATE)


@pytest.fixture(scope="package")
def found(track, one_model) -> Explanation:
    return explain(Planted.load(one_model), track)


@pytest.fixture
def changed(found) -> Callable[..., Explanation]:
    """What was found, with changes."""
    return lambda **changes: replace(found, **changes)
