"""Rows: what stands in each format, and that no name can break them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from earmark.batch import Outcome
from earmark.cli.messages import printable
from earmark.cli.rows import CsvRows, JsonRows, TableRows, _clock
from earmark.prediction import Prediction, Window

GENRE = {"jazz": 0.9, "blues": 0.1}
PREDICTION = Prediction(65.4, {"genre": GENRE}, (Window(0.0, 65.4, {"genre": GENRE}),), ("odd",))
# Any name, bytes outside UTF-8 included, as Python hands them on.
names = st.text(
    st.characters(codec="utf-8", exclude_characters="\0")
    | st.sampled_from("\udcff\udc80\n\r\x1b\t"),
    min_size=1,
)


@given(names)
def test_json_gives_any_name_back_on_one_line(name):
    line = JsonRows().row(Outcome(Path(name), PREDICTION))
    assert line.isascii()
    assert line.count("\n") == 1
    assert json.loads(line)["path"] == str(Path(name))


@given(names)
def test_csv_gives_any_name_back(name):
    text = CsvRows().header() + CsvRows().row(Outcome(Path(name), error="is silent"))
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["path"] == str(Path(name))
    assert row["error"] == "is silent"


@given(names)
def test_a_table_row_is_one_printable_line(name):
    path = Path(name)
    line = TableRows([path], io.StringIO()).row(Outcome(path, PREDICTION))
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert "1:05" in line


@given(names)
def test_printable_is_one_line_and_keeps_what_is_printable(name):
    shown = printable(name)
    assert shown.isprintable()
    assert name.isprintable() <= (shown == name)


def test_clock():
    assert [_clock(s) for s in (0.2, 59.6, 61, 3599.4, 3661)] == [
        "0:00", "1:00", "1:01", "59:59", "1:01:01",
    ]  # fmt: skip


def test_warnings_are_kept():
    assert json.loads(JsonRows().row(Outcome(Path("a"), PREDICTION)))["warnings"] == ["odd"]
    assert "odd" in CsvRows().row(Outcome(Path("a"), PREDICTION))
