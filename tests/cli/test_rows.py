"""Rows: what stands in each format, and that no name can break them."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.batch import Outcome
from earmark.cli.messages import printable
from earmark.cli.questions import Question, Questions
from earmark.cli.rows import CsvRows, JsonRows
from earmark.cli.tag_table import TableRows, clock
from earmark.prediction import Prediction, Timeline, Window

GENRE = {"jazz": 0.9, "blues": 0.1}
PREDICTION = Prediction(65.4, {"genre": GENRE}, (Window(0.0, 65.4, {"genre": GENRE}),), ("odd",))
ONE = Questions((Question("genre", ("blues", "jazz")),))
ALL = Questions(
    (
        Question("valence", ("valence",), number=True),
        Question("genre", ("blues", "drum and bass and breakbeat", "jazz", "metal")),
        Question("mood", ("happy", "tense", "sad", "calm")),
    )
)
OUTPUTS = {
    "valence": {"valence": 0.25},
    "genre": {"drum and bass and breakbeat": 0.6, "jazz": 0.3, "metal": 0.1, "blues": 0.0},
    "mood": {"calm": 0.7, "sad": 0.2, "happy": 0.1, "tense": 0.0},
}
MUCH = Prediction(3661.0, OUTPUTS, (Window(0.0, 30.0, OUTPUTS),))
NOISE = Prediction(10.0, OUTPUTS, (Window(0.0, 10.0, OUTPUTS, "noise"),), (), "noise")
TIMELINE = Timeline(
    steps=(Window(0.0, 5.0, OUTPUTS), Window(5.0, 5.0, {}, "silence"), Window(10.0, 2.0, OUTPUTS)),
    segments=(Window(0.0, 5.0, OUTPUTS), Window(5.0, 7.0, {}, "silence")),
)
# Any name, bytes outside UTF-8 included, as Python hands them on.
names = st.text(
    st.characters(codec="utf-8", exclude_characters="\0")
    | st.sampled_from("\udcff\udc80\n\r\x1b\t"),
    min_size=1,
)


@given(names)
def test_json_gives_any_name_back_on_one_line(name):
    line = JsonRows(ONE).row(Outcome(Path(name), PREDICTION))
    assert line.isascii()
    assert line.count("\n") == 1
    assert json.loads(line)["path"] == str(Path(name))


@given(names)
def test_csv_gives_any_name_back(name):
    text = CsvRows(ONE).header() + CsvRows(ONE).row(Outcome(Path(name), error="is silent"))
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["path"] == str(Path(name))
    assert row["error"] == "is silent"


@given(names)
def test_a_table_row_is_one_printable_line(name):
    path = Path(name)
    line = TableRows([path], io.StringIO(), ONE).row(Outcome(path, PREDICTION))
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert "1:05" in line


@given(names)
def test_printable_is_one_line_and_keeps_what_is_printable(name):
    shown = printable(name)
    assert shown.isprintable()
    assert name.isprintable() <= (shown == name)


def test_clock():
    assert [clock(s) for s in (0.2, 59.6, 61, 3599.4, 3661)] == [
        "0:00", "1:00", "1:01", "59:59", "1:01:01",
    ]  # fmt: skip


def test_warnings_are_kept():
    assert json.loads(JsonRows(ONE).row(Outcome(Path("a"), PREDICTION)))["warnings"] == ["odd"]
    assert "odd" in CsvRows(ONE).row(Outcome(Path("a"), PREDICTION))


class Terminal(io.StringIO):
    def isatty(self):
        return True


def plain(text: str) -> str:
    return re.sub(r"\x1b\[\d*m", "", text)


class TestSeveralAnswers:
    def test_a_table_names_genres_and_mood_under_their_titles(self):
        rows = TableRows([Path("a.mp3")], io.StringIO(), ALL)
        head, row = rows.header(), rows.row(Outcome(Path("a.mp3"), MUCH))
        assert head.split() == ["path", "length", "genre", "mood"]
        assert row.split() == "a.mp3 1:01:01 drum and bass a… 60% jazz 30% calm 70%".split()
        assert row.index("calm") == head.index("mood")
        assert row.index("drum") == head.index("genre")

    @pytest.mark.parametrize("columns", [50, 60, 80, 100, 200])
    @pytest.mark.parametrize("questions", [ONE, ALL])
    def test_rows_keep_to_one_line_of_a_terminal(self, columns, questions, monkeypatch):
        monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((columns, 24)))
        path = Path("music") / ("long name " * 12) / "ab.mp3"
        rows = TableRows([path], Terminal(), questions, timeline=True)
        prediction = MUCH if questions == ALL else PREDICTION
        strange = Prediction(3.0, {}, (), (), "unlike all music it has heard " * 3)
        timeline = TIMELINE if questions == ALL else None
        for outcome in (Outcome(path, prediction, None, timeline), Outcome(path, strange)):
            for line in plain(rows.header() + rows.row(outcome)).splitlines():
                assert len(line) <= columns
        assert "ab.mp3" in rows.row(Outcome(path, prediction))

    def test_what_is_unknown_stands_in_the_place_of_the_genre(self):
        rows = TableRows([Path("a.mp3")], io.StringIO(), ALL)
        row = rows.row(Outcome(Path("a.mp3"), NOISE))
        assert row == "a.mp3      0:10  unknown (noise)\n"

    def test_json_holds_every_answer(self):
        about = json.loads(JsonRows(ALL).row(Outcome(Path("a"), MUCH)))
        assert about["valence"] == 0.25
        assert [genre["probability"] for genre in about["genre"]] == [0.6, 0.3, 0.1, 0]
        assert about["mood"][0] == {"label": "calm", "probability": 0.7}
        assert about["unknown"] is None
        assert about["windows"][0]["mood"] == about["mood"]
        assert "timeline" not in about

    def test_json_answers_nothing_where_nothing_is_known(self):
        about = json.loads(JsonRows(ALL).row(Outcome(Path("a"), NOISE)))
        failed = json.loads(JsonRows(ALL).row(Outcome(Path("a"), error="is silent")))
        assert about["unknown"] == about["windows"][0]["unknown"] == "noise"
        for row in (about, about["windows"][0], failed):
            assert (row["genre"], row["mood"], row["valence"]) == ([], [], None)
        assert about.keys() == failed.keys()

    def test_csv_has_the_columns_of_the_model_whatever_happens(self):
        rows = CsvRows(ALL)
        failure = Outcome(Path("c"), error="is empty")
        outcomes = [Outcome(Path("a"), MUCH), Outcome(Path("b"), NOISE), failure]
        table = list(csv.reader([rows.header(), *map(rows.row, outcomes)]))
        assert {len(line) for line in table} == {len(table[0])}
        known, unknown, failed = (dict(zip(table[0], line, strict=True)) for line in table[1:])
        assert list(known)[:4] == ["path", "status", "duration_seconds", "valence"]
        assert (known["genre"], known["genre_probability"]) == (
            "drum and bass and breakbeat", "0.6000",
        )  # fmt: skip
        assert (known["genre_2"], known["genre_3_probability"]) == ("jazz", "0.1000")
        assert (known["mood"], known["mood_probability"]) == ("calm", "0.7000")
        assert (known["valence"], known["unknown"]) == ("0.2500", "")
        assert (unknown["unknown"], unknown["genre"], unknown["valence"]) == ("noise", "", "")
        assert (failed["status"], failed["error"], failed["mood"]) == ("error", "is empty", "")
        assert "mood_2" not in known


class TestTimeline:
    outcome = Outcome(Path("a.mp3"), MUCH, timeline=TIMELINE)

    def test_a_table_has_a_line_for_each_segment(self):
        rows = TableRows([Path("a.mp3")], io.StringIO(), ALL, timeline=True)
        head, (whole, first, second) = rows.header(), rows.row(self.outcome).splitlines()
        assert whole.startswith("a.mp3    ")
        assert first[: head.index("genre")].strip() == "0:00–0:05"
        assert first[head.index("genre") :] == whole[head.index("genre") :]
        assert second.split("  ")[-2:] == ["0:05–0:12", "unknown (silence)"]

    def test_json_has_steps_segments_and_change_points(self):
        timeline = json.loads(JsonRows(ALL).row(self.outcome))["timeline"]
        assert timeline["change_points"] == [5.0]
        assert [step["unknown"] for step in timeline["steps"]] == [None, "silence", None]
        assert [part["start_seconds"] for part in timeline["segments"]] == [0, 5]
        assert timeline["segments"][0]["genre"][1] == {"label": "jazz", "probability": 0.3}

    def test_csv_has_a_line_for_each_part(self):
        rows = CsvRows(ALL, timeline=True)
        failed = rows.row(Outcome(Path("b"), error="is empty"))
        table = list(csv.DictReader(io.StringIO(rows.header() + rows.row(self.outcome) + failed)))
        assert [row["part"] for row in table] == ["file", *2 * ["segment"], *3 * ["step"], "file"]
        assert [row["start_seconds"] for row in table[1:3]] == ["0.00", "5.00"]
        assert [row["duration_seconds"] for row in table[3:6]] == ["5.00", "5.00", "2.00"]
        assert [row["mood"] for row in table[3:]] == ["calm", "", "calm", ""]
        assert table[-1]["error"] == "is empty"
        assert all(None not in row and None not in row.values() for row in table)
