"""The feature store of a data set, made when it is first needed and kept up to date."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from earmark.datasets import Dataset
from earmark.extraction import Extraction
from earmark.features import feature_to_dict
from earmark.features.base import Feature
from earmark.store import Store


def open_features(
    dataset: Dataset,
    feature: Feature,
    stores: Path,
    *,
    dtype: Any = "float32",
    jobs: int = 1,
    done: Callable[[], None] = lambda: None,
) -> Store:
    """The store of a data set's features, a folder of its own in `stores`.

    Every file is hashed; what is in the store already is not worked out again.

    Args:
        dataset: the tracks.
        feature: the representation.
        stores: the folder of all stores.
        dtype: how numbers are stored.
        jobs: worker processes; with 0 nothing is done, and the store must be there.
        done: called after each track.

    Raises:
        BadFeature: the representation cannot be had from this kind of file, or not so stored.
        BadDataset, BadStore: the data set or the store is damaged.
        EarmarkError: the folder cannot be written.
    """
    about = [feature_to_dict(feature), dtype, dataset.kind, str(dataset.folder.resolve())]
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode("utf-8", "surrogateescape"))
    folder = stores / f"{dataset.name}-{feature.name}-{digest.hexdigest()[:12]}"
    if jobs:
        with closing(Extraction(dataset, feature, folder, dtype=dtype).run(jobs=jobs)) as extracted:
            for _ in extracted:
                done()
    return Store.open(folder)
