"""Earmark: what genre and mood a track has, offline, in milliseconds, and how sure that is.

>>> from earmark import Classifier, judge_timeline
>>> classifier = Classifier.load()
>>> prediction = classifier.predict("examples/album/01 Twelve Bars Late.opus")
>>> prediction.genre if prediction.unknown is None else prediction.unknown  # doctest: +SKIP
>>> judge_timeline(classifier, "a night's mix.flac").change_points  # doctest: +SKIP

Names are imported when first used, so that `import earmark` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from earmark.audio import load_audio as load_audio
    from earmark.classifier import Classifier as Classifier
    from earmark.datasets import DATASETS as DATASETS
    from earmark.errors import EarmarkError as EarmarkError
    from earmark.features import FEATURES as FEATURES
    from earmark.networks import NETWORKS as NETWORKS
    from earmark.prediction import Prediction as Prediction
    from earmark.prediction import Timeline as Timeline
    from earmark.timeline import judge_timeline as judge_timeline

_HOMES = {
    "Classifier": "earmark.classifier",
    "DATASETS": "earmark.datasets",
    "EarmarkError": "earmark.errors",
    "FEATURES": "earmark.features",
    "NETWORKS": "earmark.networks",
    "Prediction": "earmark.prediction",
    "Timeline": "earmark.prediction",
    "judge_timeline": "earmark.timeline",
    "load_audio": "earmark.audio",
}

__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604  (names of _HOMES are strings)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("earmark")
    if name not in _HOMES:
        raise AttributeError(f"module 'earmark' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
