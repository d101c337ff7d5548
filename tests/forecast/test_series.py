"""Series from CSV files, whatever is wrong with them, and from sound."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import BadSeries, UnreadableAudio
from earmark.forecast.series import load_series

GOOD = {
    "two columns": ("year,value\n1990,1\n1991,2.5\n", "value", [1, 2.5], "1992"),
    "values alone": ("value\n1\n2\n3\n", "value", [1, 2, 3], "4"),
    "semicolons": ("year;a b\n1;2\n2;3\n", "a b", [2, 3], "3"),
    "tabs": ("t\tv\n0.5\t-1\n1.0\t1e3\n", "v", [-1, 1000], "1.5"),
    "quotes": ('"year","the, value"\n1,"2"\n2,"3"\n', "the, value", [2, 3], "3"),
    "a mark of order": ("\ufeffyear,value\n1,2\n2,3\n", "value", [2, 3], "3"),
    "Windows": ("year,value\r\n1,2\r\n2,3\r\n", "value", [2, 3], "3"),
    "blank lines at the end": ("year,value\n1,2\n2,3\n\n ,\n", "value", [2, 3], "3"),
    "spaces": ("year, value \n1, 2\n2 ,3\n", "value", [2, 3], "3"),
}

BAD = {
    "empty": ("", "is empty"),
    "a header alone": ("year,value\n", "holds fewer than two values"),
    "one value": ("year,value\n1,2\n", "holds fewer than two values"),
    "no header": ("1875,213.1\n1876,109.2\n", "line 1: holds numbers; the first line must name"),
    "an empty cell": ("year,value\n1,2\n2,\n3,4\n", "line 3: value is empty; a gap must be"),
    "an empty line": ("value\n1\n\n3\n", "line 3: is empty; a gap must be filled or cut off"),
    "a missing year": ("year,value\n1,2\n2,3\n4,5\n5,6\n", "line 4: year 4 follows 2; 3 should"),
    "text": ("year,value\n1,2\n2,many\n", "line 3: value is 'many', no number"),
    "a decimal comma": ("year;value\n1;2,5\n", "line 2: value is '2,5', no number"),
    "NaN": ("year,value\n1,2\n2,NaN\n", "line 3: value is 'NaN'; a gap must be filled"),
    "infinite": ("year,value\n1,2\n2,-inf\n", "line 3: value is '-inf'; a gap must be filled"),
    "a short line": ("year,value\n1,2\n2\n", "line 3: has not 2 cells, as the first line, but 1"),
    "a long line": (
        "year,value\n1,2\n2,3,4\n",
        "line 3: has not 2 cells, as the first line, but 3",
    ),
    "three columns": ("year,a,b\n1,2,3\n2,3,4\n", "has columns year, a, b; say which with"),
}


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes, name: str = "series.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("case", GOOD)
def test_what_is_read(case, write):
    content, title, values, following = GOOD[case]
    series = load_series(write(content))
    assert (series.title, series.values.tolist()) == (title, values)
    assert series.times.written(len(series)) == following


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said_with_file_and_line(case, write):
    content, said = BAD[case]
    path = write(content)
    with pytest.raises(BadSeries) as caught:
        load_series(path)
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)


def test_columns_are_chosen_by_name(write):
    path = write("year,rain,snow\n1,2,7\n2,3,8\n")
    assert load_series(path, "snow").values.tolist() == [7, 8]
    first = load_series(path, "year")
    assert (first.values.tolist(), first.times.written(2)) == ([1, 2], "3")
    with pytest.raises(BadSeries, match="has no column 'snwo'; did you mean 'snow'"):
        load_series(path, "snwo")
    with pytest.raises(BadSeries, match="has no column 'wind'; it has year, rain, snow"):
        load_series(path, "wind")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"year,value\n1,\xff\xfe\n", "is not text in UTF-8"),
        (b'year,value\n1,"' + b"x" * 200_000 + b'"\n', "is no CSV file: field larger"),
    ],
)
def test_what_is_no_text(content, said, write):
    csv.field_size_limit(131_072)  # Python's own; libraries raise it
    with pytest.raises(BadSeries, match=said):
        load_series(write(content))


def test_what_cannot_be_opened(tmp_path):
    with pytest.raises(BadSeries, match=r"nowhere\.csv: no such file"):
        load_series(tmp_path / "nowhere.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(BadSeries, match=r"folder\.csv: is no regular file"):
        load_series(tmp_path / "folder.csv")
    with pytest.raises(UnreadableAudio, match="no such file"):
        load_series(tmp_path / "nowhere.mp3")


@given(st.text(max_size=200))
def test_any_text_is_a_series_or_a_clear_line(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        assert np.isfinite(load_series(path).values).all()
    except BadSeries as error:
        assert "\n" not in str(error)


def test_the_level_of_a_tone_is_known(tmp_path, write_sound):
    """A sine of amplitude 0.5 has a mean square of 1/8; half a second of it, then nothing."""
    sine = 0.5 * np.sin(2 * np.pi * 400 * np.arange(8000) / 8000)
    sine[4000:] = 0
    series = load_series(write_sound(tmp_path / "tone.wav", sine, 8000, subtype="FLOAT"))
    np.testing.assert_allclose(series.values, [10 * np.log10(1 / 8)] * 2 + [-100] * 2, atol=1e-3)
    assert series.title == "level in dB"
    assert [series.times.written(i) for i in (0, 4)] == ["0", "1"]


def test_stretches_are_those_of_the_whole(tmp_path, write_sound, song):
    """However the file is read, and the rest at the end is dropped."""
    path = write_sound(tmp_path / "song.wav", song[: 44100 * 7 + 999], 44100, subtype="FLOAT")
    series = load_series(path, seconds=0.5)
    power = (song[: 44100 * 7].mean(axis=1).astype(np.float64) ** 2).reshape(14, -1).mean(axis=1)
    np.testing.assert_allclose(series.values, 10 * np.log10(power), atol=1e-3)


def test_too_little_sound(tmp_path, write_sound):
    path = write_sound(tmp_path / "short.wav", np.ones(900), 8000)
    with pytest.raises(BadSeries, match=r"is shorter than two stretches of 0\.25 s"):
        load_series(path)
