"""The choices that options offer."""

from __future__ import annotations

from enum import StrEnum


class TagFormat(StrEnum):
    """How `earmark tag` writes its rows."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class ReportFormat(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"


class StoredType(StrEnum):
    """How `earmark extract` stores numbers."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    UINT8 = "uint8"


class ComparisonFormat(StrEnum):
    """How `earmark compare` writes its table."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"


class Engine(StrEnum):
    """Who does the work of `earmark extract`."""

    PROCESSES = "processes"
    DASK = "dask"


class GroupBy(StrEnum):
    """What `earmark split` keeps on one side."""

    TRACK = "track"
    RECORDING = "recording"
    ALBUM = "album"
    ARTIST = "artist"


class Accelerator(StrEnum):
    """What `earmark train` learns on."""

    AUTO = "auto"
    CPU = "cpu"
    GPU = "gpu"


class IntervalsFrom(StrEnum):
    """Whose errors the intervals of `earmark forecast` are made from."""

    HELD_OUT = "held-out"
    IN_SAMPLE = "in-sample"


class Sides(StrEnum):
    """What the members of a blend learn from and are judged on."""

    OFFICIAL = "official"
    FOLDS = "folds"
    ALL = "all"
