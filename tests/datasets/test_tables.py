"""Wide tables, against what pandas and the csv module write."""

from __future__ import annotations

import csv

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.datasets.tables import read_columns, read_rows
from earmark.errors import BadDataset

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12)
WIDTH = st.shared(st.integers(2, 6))
ROWS = WIDTH.flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), max_size=6))


@given(rows=ROWS, delimiter=st.sampled_from(",\t"))
def test_what_the_csv_module_writes_is_read(tmp_path_factory, rows, delimiter):
    path = tmp_path_factory.mktemp("table") / "table.csv"
    header = [f"column {i}" for i in range(len(rows[0]) if rows else 2)]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])
    assert list(read_rows(path, delimiter=delimiter)) == [header, *rows]
    last_and_first = list(read_columns(path, [header[-1], header[0]], delimiter=delimiter))
    assert last_and_first == [(row[-1], row[0]) for row in rows]


@pytest.mark.parametrize("levels", [2, 3])
def test_several_header_rows_are_read_as_pandas_writes_them(tmp_path, levels):
    names = [("set", "split", "x"), ("track", "title", "y"), ("track", "title", "z")]
    columns = pandas.MultiIndex.from_tuples([name[:levels] for name in names[:levels]])
    index = pandas.Index([2, 5], name="track_id")
    frame = pandas.DataFrame([["a", 'b "c", d', "e"][: len(columns)]] * 2, index, columns)
    frame.to_csv(tmp_path / "tracks.csv")
    wanted = ["track_id", ".".join(columns[1]), ".".join(columns[0])]
    rows = list(read_columns(tmp_path / "tracks.csv", wanted, levels=levels))
    assert rows == [("2", 'b "c", d', "a"), ("5", 'b "c", d', "a")]


def test_lines_within_a_cell_and_empty_lines_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b'\xef\xbb\xbfid,bio\r\n\r\n1,"two\nlines"\r\n\n')
    assert list(read_columns(path, ["bio", "id"])) == [("two\nlines", "1")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has no column id, name"),
        (b"id,title\n1,a\n", "has no column name"),
        (b"id,name\n1,a\n2\n", "damaged: line 3 has 1 cells; 2 are expected"),
        (b"id,name\n1,a,b\n", "damaged: line 2 has 3 cells; 2 are expected"),
        (b"id,name\n1,\xff\n", "cannot be read: 'utf-8' codec"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path, content, words):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(BadDataset, match=rf"table\.csv: {words}"):
        list(read_columns(path, ["id", "name"]))


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadDataset, match=r"none\.csv: cannot be read: No such file"):
        list(read_rows(tmp_path / "none.csv"))


@given(st.binary(max_size=200))
def test_no_content_breaks_it(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("table") / "table.csv"
    path.write_bytes(content)
    for levels in (1, 2, 3):
        try:
            list(read_columns(path, ["id"], levels=levels))
        except BadDataset as error:
            assert "\n" not in str(error)
