"""A data set → a feature store, by processes of this machine or a Dask cluster.

Every track is hashed, and what is in the store already is not worked out again. So an extraction
that was killed goes on when it is run again, and one whose data set has changed does what is new.
A track that cannot be extracted gets its reason, and the others go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import numpy as np

from earmark.datasets import Dataset
from earmark.errors import BadDataset, BadFeature, EarmarkError
from earmark.extraction.merging import merge as merge
from earmark.extraction.merging import part_head
from earmark.extraction.processes import by_processes
from earmark.extraction.work import Extracted as Extracted
from earmark.extraction.writer import StoreWriter
from earmark.features.base import Feature
from earmark.features.image import SpectrogramImage
from earmark.store import Row, StoredType, StoreSettings


class Extraction:
    """A store to be made, or a part of one.

    Attributes:
        tracks: what is to be extracted.

    Raises:
        BadDataset: the folder does not hold the data set, or two tracks have one name.
        BadFeature: the representation cannot be had from this kind of file, or not so stored.
        BadStore: the folder holds something else.
        EarmarkError: the folder cannot be written.

    Example:
        >>> from pathlib import Path
        >>> from earmark.datasets import open_dataset
        >>> from earmark.extraction import Extraction
        >>> from earmark.features import LogMel
        >>> music = open_dataset("audio", Path("music"))                     # doctest: +SKIP
        >>> for done in Extraction(music, LogMel(), Path("features")).run(): # doctest: +SKIP
        ...     print(done.row.id, done.row.error or "extracted")
    """

    def __init__(
        self,
        dataset: Dataset,
        feature: Feature,
        folder: Path,
        *,
        dtype: StoredType = "float16",
        part: int = 1,
        parts: int = 1,
    ) -> None:
        """Begin, or go on with what was begun.

        Args:
            dataset: the tracks.
            feature: the representation.
            folder: where the store is or will be.
            dtype: how numbers are stored.
            part: which part of the tracks, counted from 1: every `parts`-th from there on.
            parts: how many there are.
        """
        self.dataset = dataset
        self._all = dataset.tracks()
        twice = [name for name, n in Counter(track.id for track in self._all).items() if n > 1]
        if twice:
            raise BadDataset(f"{dataset.folder}: two tracks have the name {twice[0]!r}")
        self.part, self.parts = part, parts
        self.tracks = self._all[part - 1 :: parts]
        settings = StoreSettings(
            feature=feature, dtype=dtype, dataset=dataset.name, kind=dataset.kind
        )
        _check_source(settings)
        self.writer = StoreWriter.create(folder, settings)

    def run(self, *, jobs: int = 1) -> Generator[Extracted]:
        """Extract by worker processes of this machine.

        Yields:
            What became of each track, as it comes; after the last, the index is written.

        Raises:
            EarmarkError: the work cannot go on; what is finished stays.
        """
        return self._gathered(by_processes(self.tracks, self.writer.folder, jobs))

    def run_on_cluster(
        self, *, jobs: int = 1, scheduler: str | None = None
    ) -> Generator[Extracted]:
        """Extract on a Dask cluster; gives what `run` gives, task by task.

        Args:
            jobs: worker processes of a cluster on this machine.
            scheduler: address of a cluster that runs already, in which data set and store have
                the same paths as here.

        Raises:
            MissingExtra: dask is not installed.
            EarmarkError: the cluster cannot be reached, or the work cannot go on.
        """
        from earmark.extraction.cluster import by_dask

        return self._gathered(by_dask(self, jobs, scheduler))

    def _gathered(self, results: Generator[Extracted]) -> Generator[Extracted]:
        """Pass results on, and write the index when all have come."""
        rows: dict[str, Row] = {}
        with closing(results):
            for done in results:
                rows[done.row.id] = done.row
                yield done
        missing = [track.id for track in self.tracks if track.id not in rows]
        if missing:
            raise EarmarkError(
                f"{self.dataset.folder}: {missing[0]} was not seen by the workers, which must "
                "find the same data set there"
            )
        in_order = [rows[track.id] for track in self.tracks]
        if self.parts == 1:
            self.writer.finish(in_order)
        else:
            names = [track.id for track in self._all]
            self.writer.finish_part(self.part, self.parts, part_head(names), in_order)


def _check_source(settings: StoreSettings) -> None:
    """Find out before the work whether files of this kind can give the feature at all.

    Raises:
        BadFeature: they cannot.
    """
    feature, reason = settings.feature, None
    if settings.kind == "log-mel":
        example = np.linspace(-80, 0, 128 * 387, dtype=np.float32).reshape(128, 387)
        try:
            feature.from_log_mel(example)
        except ValueError as error:
            reason = str(error)
    elif settings.kind == "image" and not isinstance(feature, SpectrogramImage):
        reason = "they are pictures, which give pictures only"
    if reason is not None:
        files = f"the images of {settings.dataset}"
        raise BadFeature(f"{feature.name} cannot be had from {files}: {reason}")
