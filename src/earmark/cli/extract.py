"""`earmark extract` and `earmark merge`: a feature store, made at once or in parts."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from earmark.cli.formats import Engine, StoredType
from earmark.cli.messages import complain, say
from earmark.cli.progress import progress_bar
from earmark.crew import available_cores
from earmark.datasets import open_dataset, parse_data_option
from earmark.errors import BadStore

if TYPE_CHECKING:
    from earmark.extraction import Extracted
    from earmark.features.base import Feature


def run(
    dataset: str,
    *,
    out: Path,
    name: str,
    settings: Sequence[str],
    dtype: StoredType,
    jobs: int | None,
    shard: str | None,
    engine: Engine,
    scheduler: str | None,
) -> None:
    """Extract a data set, and end the process with the exit code."""
    from earmark.cli.feature_options import feature_of
    from earmark.extraction import Extraction

    if scheduler is not None and engine is not Engine.DASK:
        raise BadStore("--scheduler is for --engine dask")
    part, parts = _part_of(shard)
    feature = feature_of(name, settings)
    extraction = Extraction(
        open_dataset(*parse_data_option(dataset)),
        feature,
        out,
        dtype=dtype.value,
        part=part,
        parts=parts,
    )
    workers = jobs or available_cores()
    if engine is Engine.DASK:
        results = extraction.run_on_cluster(jobs=workers, scheduler=scheduler)
    else:
        results = extraction.run(jobs=workers)
    tally = _Tally(len(extraction.tracks), feature)
    try:
        with closing(results), progress_bar(tally.tracks, "tracks") as advance:
            for done in results:
                tally.count(done)
                if done.row.error is not None:
                    complain(f"{done.row.id}: {done.row.error}")
                advance()
    except KeyboardInterrupt:
        say(f"{tally}, stopped with {tally.left} left; the same command goes on from there")
        sys.exit(130)
    say(str(tally))
    print(out)  # noqa: T201  (the result, on stdout)
    sys.exit(1 if tally.failed else 0)


def run_merge(parts: Sequence[Path], *, out: Path) -> None:
    """Join parts into one store, and end the process with the exit code."""
    from earmark.extraction import merge

    rows = merge(parts, out)
    failed = sum(row.error is not None for row in rows)
    say(f"{_tracks(len(rows))}: {len(rows) - failed} in the store, {failed} failed")
    print(out)  # noqa: T201  (the result, on stdout)
    sys.exit(1 if failed else 0)


class _Tally:
    """What became of the tracks, and how fast."""

    def __init__(self, tracks: int, feature: Feature) -> None:
        self.tracks = tracks
        self.extracted = self.found = self.failed = 0
        self._music_seconds = 0.0
        self._feature = feature
        self._start = time.perf_counter()

    def count(self, done: Extracted) -> None:
        """Add a result."""
        if done.row.shape is None:
            self.failed += 1
        elif done.new:
            self.extracted += 1
            self._music_seconds += seconds_of(self._feature, done.row.shape)
        else:
            self.found += 1

    @property
    def left(self) -> int:
        return self.tracks - self.extracted - self.found - self.failed

    def __str__(self) -> str:
        speed = self._music_seconds / (time.perf_counter() - self._start)
        return (
            f"{_tracks(self.tracks)}: {self.extracted} extracted, {self.found} already there, "
            f"{self.failed} failed" + (f" ({speed:.0f} s of music per second)" if speed else "")
        )


def seconds_of(feature: Feature, shape: Sequence[int]) -> float:
    """About how long a track with this array is; 0 for features that do not grow with time."""
    if feature.time_axis is None:
        return 0.0
    hour = feature.shape(3600.0)[feature.time_axis]
    return 3600.0 * shape[feature.time_axis] / hour


def _part_of(shard: str | None) -> tuple[int, int]:
    """Part and number of parts of an option `I/N`."""
    part, slash, parts = (shard or "1/1").partition("/")
    if slash and part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts):
        return int(part), int(parts)
    raise BadStore(f"--shard {shard}: write I/N, such as 1/4 to 4/4 for four parts")


def _tracks(count: int) -> str:
    return "1 track" if count == 1 else f"{count} tracks"
