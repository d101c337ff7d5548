"""The formats that commands write."""

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
