"""`earmark forecast`: what it writes, and the one line that it says of what it cannot forecast."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree

import numpy as np
import pytest

QUICK = ["--repeats", 2, "--lags", 3, "--horizon", 4]


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """60 years of a noisy wave."""
    path = tmp_path_factory.mktemp("series") / "wave.csv"
    values = 20 + 5 * np.sin(np.arange(60)) + np.random.default_rng(0).normal(0, 0.5, 60)
    rows = [f"{1950 + i},{value:.3f}" for i, value in enumerate(values)]
    path.write_text("\n".join(["year,height", *rows]) + "\n", encoding="utf-8")
    return path


def test_formats_say_the_same(earmark, series):
    table, as_json, as_csv = (
        earmark("forecast", series, *QUICK, "--format", form) for form in ("table", "json", "csv")
    )
    assert [p.returncode for p in (table, as_json, as_csv)] == [0, 0, 0], table.stderr
    about = json.loads(as_json.stdout)
    assert (about["model"], about["n"], about["first"]) == ("NNAR(3, 2)", 60, "1950")
    assert [step["time"] for step in about["steps"]] == ["2010", "2011", "2012", "2013"]
    rows = list(csv.DictReader(io.StringIO(as_csv.stdout)))
    for row, step in zip(rows, about["steps"], strict=True):
        assert row.pop("year") == step.pop("time")
        assert {key: float(value) for key, value in row.items()} == step
        assert step["low_95"] < step["low_80"] < step["forecast"] < step["high_80"]
    title, _, heads, *lines = table.stdout.splitlines()
    assert title == "NNAR(3, 2) of height, from 60 values, 1950 to 2009"
    assert heads.split("  ")[0] == "year"
    for line, step in zip(lines, about["steps"], strict=True):
        assert float(line.split()[1]) == step["forecast"]


def test_a_wave_goes_on(earmark, series):
    process = earmark("forecast", series, "--repeats", 5, "--format", "json", "--level", 90)
    steps = json.loads(process.stdout)["steps"]
    truth = 20 + 5 * np.sin(np.arange(60, 80))
    assert set(steps[0]) == {"time", "forecast", "low_90", "high_90"}
    assert np.abs([step["forecast"] for step in steps] - truth).mean() < 1.5


def test_judging_adds_a_row_per_method(earmark, series):
    options = [*QUICK, "--evaluate", "--origins", 3, "--lambda", 0]
    process = earmark("forecast", series, *options, "--format", "json")
    scores = json.loads(process.stdout)["evaluation"]
    assert [score["method"] for score in scores] == ["NNAR", "naive", "seasonal naive", "AR"]
    errors = {score["method"]: score["mae"] for score in scores}
    assert errors["AR"] < errors["naive"]
    assert errors["NNAR"] < errors["naive"]
    table = earmark("forecast", series, *options).stdout
    assert "within 80 %" in table
    assert len(table.splitlines()) == 3 + 4 + 2 + 4


def test_a_picture_and_a_file(earmark, series, tmp_path):
    plot, out = tmp_path / "wave.svg", tmp_path / "wave.txt"
    process = earmark("forecast", series, *QUICK, "--plot", plot, "--out", out)
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")
    assert ElementTree.fromstring(plot.read_bytes()).tag.endswith("svg")
    assert out.read_text(encoding="utf-8").startswith("NNAR(3, 2) of height")


def test_music_is_forecast_by_its_level(earmark, album):
    process = earmark("forecast", album[0], *QUICK, "--seconds", 1, "--format", "json")
    assert process.returncode == 0, process.stderr
    about = json.loads(process.stdout)
    assert about["series"] == "level in dB"
    assert all(-60 < step["forecast"] < 0 for step in about["steps"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("year,v\n" + "".join(f"{i},5\n" for i in range(20)), "is constant (5 throughout)"),
        ("year,v\n1,2\n2,\n", "line 3: v is empty; a gap must be filled or cut off"),
    ],
)
def test_a_bad_series_gets_one_line(content, said, earmark, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(content, encoding="utf-8")
    process = earmark("forecast", path)
    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.startswith(f"earmark: error: {path}: {said}")
    assert len(process.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--column", "hieght"], 1, "has no column 'hieght'; did you mean 'height'?"),
        (["--lags", 40], 1, "has 60 values; lags up to 40 need at least 81"),
        (["--evaluate", "--horizon", 40], 1, "judging 40 steps needs at least 80"),
        (["--plot", "wave.pdf"], 2, "--plot wave.pdf: must end in .svg or .png"),
        (["--plot", "no/where.svg"], 2, "cannot be written: No such file or directory"),
        (["--evaluate", "--format", "csv"], 2, "--evaluate has no place in CSV"),
        (["--lambda", -1], 2, "Invalid value for '--lambda'"),
    ],
)
def test_wrong_use(options, code, said, earmark, series):
    process = earmark("forecast", series, "--repeats", 1, *options)
    assert process.returncode == code
    assert said in process.stderr
    assert "Traceback" not in process.stderr


def test_zeros_and_a_logarithm(earmark, tmp_path):
    path = tmp_path / "zeros.csv"
    path.write_text("v\n" + "0\n3\n1\n" * 9, encoding="utf-8")
    process = earmark("forecast", path, "--lambda", 0)
    assert process.returncode == 1
    assert "holds 0; lambda 0 is a logarithm, which needs values above 0" in process.stderr


@pytest.mark.parametrize(
    ("missing", "options"), [("scipy", []), ("statsmodels", ["--period", 6]), ("matplotlib", None)]
)
def test_a_missing_extra_is_named(missing, options, earmark_without, series, tmp_path):
    options = ["--lags", 2, "--plot", tmp_path / "x.svg"] if options is None else options
    parts = {"scipy": ["scipy", "scipy.linalg", "scipy.special"],
             "statsmodels": ["statsmodels", "statsmodels.tsa", "statsmodels.tsa.seasonal"],
             "matplotlib": ["matplotlib"]}  # fmt: skip
    process = earmark_without(parts[missing], "forecast", series, "--repeats", 1, *options)
    assert process.returncode == 1
    assert f"needs the extra `forecast` ({missing}" in process.stderr
    assert len(process.stderr.splitlines()) == 1
