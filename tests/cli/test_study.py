"""`earmark study`: what it writes of a small data set, and what is said of wrong use."""

from __future__ import annotations

import json
import re

import pytest

from earmark.papers.studies.report import FORMAT

GENRES = ("blues", "jazz", "metal")
RECIPE = """
[data]
outputs = ["genre"]
[feature]
name = "mfcc-statistics"
[clips]
subtract_band_mean = false
[model]
name = "k-nn"
settings = { neighbours = 1 }
"""


@pytest.fixture(scope="module")
def small(log_mels, tmp_path_factory):
    """Three genres of GTZAN in its published layout, ten tracks by ten artists each."""
    from earmark.features.log_mel_image import write_log_mel_image

    folder = tmp_path_factory.mktemp("data") / "gtzan-mel"
    rows = ["track,genre,split,n_frames,artist"]
    for genre in GENRES:
        (folder / genre).mkdir(parents=True)
        for i in range(10):
            track = f"{genre}.{i:05}"
            columns = log_mels[genre][:, 20 * i : 20 * i + 100]
            write_log_mel_image(folder / genre / f"{track}.png", columns, range_db=80)
            rows.append(f"{track},{genre},{'valid' if i % 4 else 'train'},334,{genre} band {i}")
    (folder / "tracks.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def recipe_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipes") / "nearest.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def studied(earmark, small, recipe_file, tmp_path_factory):
    """Both studies, and where they were written."""
    pytest.importorskip("sklearn")
    out, runs = tmp_path_factory.mktemp("out"), tmp_path_factory.mktemp("runs")
    common = ["--data", f"gtzan-mel={small}", "--runs", runs, "--out", out, "--threads", 1]
    pairs = earmark("study", "pairs", recipe_file, *common)
    sets = ["--labels", "jazz,blues", "--labels", "metal, jazz ,blues"]
    classes = earmark("study", "classes", recipe_file, *common, *sets)
    return pairs, classes, out, ["study", "pairs", recipe_file, *common]


def test_writes_json_markdown_a_page_and_pictures(studied):
    pairs, classes, out, _ = studied
    assert (pairs.returncode, classes.returncode) == (0, 0), pairs.stderr + classes.stderr
    names = [f"nearest-gtzan-mel-pairs.{suffix}" for suffix in ("json", "md", "html", "svg")]
    assert pairs.stdout.splitlines() == [str(out / name) for name in names]
    stem = "nearest-gtzan-mel-classes"
    names = [f"{stem}.json", f"{stem}.md", f"{stem}.html", f"{stem}-2.svg", f"{stem}-3.svg"]
    assert classes.stdout.splitlines() == [str(out / name) for name in names]


def test_every_track_is_judged_once_in_each_of_its_pairs(studied):
    known = json.loads((studied[2] / "nearest-gtzan-mel-pairs.json").read_text())
    assert (known["format"], known["study"], known["tracks"], known["artists"]) == (
        FORMAT,
        "pairs",
        30,
        30,
    )
    rows = known["findings"]["pairs"]
    assert [row["pair"] for row in rows] == [
        ["blues", "jazz"],
        ["blues", "metal"],
        ["jazz", "metal"],
    ]
    assert {row["leak-free"]["n"] for row in rows} == {20}
    assert [row["paper"] for row in rows] == [0.875, 0.8, 0.975]
    assert known["trainings"] == 15
    assert known["command"].startswith("earmark study pairs nearest.toml --data gtzan-mel=DIR")


def test_sets_of_labels_stand_in_the_order_of_the_data_set(studied):
    known = json.loads((studied[2] / "nearest-gtzan-mel-classes.json").read_text())
    two, three = known["findings"]["sets"]
    assert (two["labels"], three["labels"]) == (["blues", "jazz"], list(GENRES))
    counts = three["ways"]["leak-free"]["confusion"]
    assert [sum(row) for row in counts] == [10, 10, 10]
    right = sum(row[i] for i, row in enumerate(counts))
    assert three["ways"]["leak-free"]["accuracy"]["value"] == pytest.approx(right / 30, abs=1e-6)


@pytest.mark.parametrize("kind", ["pairs", "classes"])
def test_pages_need_nothing_from_elsewhere_and_say_every_number_in_a_table(studied, kind):
    page = (studied[2] / f"nearest-gtzan-mel-{kind}.html").read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|<img|@import|src=|url\(", page)
    assert "<svg" in page
    known = json.loads((studied[2] / f"nearest-gtzan-mel-{kind}.json").read_text())
    found = known["findings"]
    rows = found["pairs"] if kind == "pairs" else found["sets"]
    for row in rows:
        accuracy = row["leak-free"] if kind == "pairs" else row["ways"]["leak-free"]["accuracy"]
        assert f"<td>{accuracy['value']:.1%}</td>" in page
        low, high = accuracy["interval_wilson"]
        assert f"<td>{low:.1%} to {high:.1%}</td>" in page


def test_the_same_again_fits_nothing_and_writes_the_same(earmark, studied):
    *_, out, arguments = studied
    files = {path: path.read_bytes() for path in out.iterdir()}
    runs = list(arguments[arguments.index("--runs") + 1].rglob("run.json"))
    times = [path.stat().st_mtime_ns for path in runs]
    assert earmark(*arguments).returncode == 0
    assert {path: path.read_bytes() for path in out.iterdir()} == files
    assert [path.stat().st_mtime_ns for path in runs] == times


def test_a_pair_with_too_few_tracks_is_left_out_and_the_rest_is_written(
    earmark, small, recipe_file, tmp_path
):
    import shutil

    pytest.importorskip("sklearn")
    folder = shutil.copytree(small, tmp_path / "gtzan-mel")
    rows = (folder / "tracks.csv").read_text().splitlines()
    gone = [row.split(",")[0] for row in rows if re.match(r"(blues|jazz)\.0000[2-9]", row)]
    for track in gone:
        (folder / track.split(".")[0] / f"{track}.png").unlink()
    kept = [row for row in rows if row.split(",")[0] not in gone]
    (folder / "tracks.csv").write_text("\n".join(kept) + "\n")
    process = earmark(
        "study", "pairs", recipe_file, "--data", f"gtzan-mel={folder}",
        "--runs", tmp_path / "runs", "--out", tmp_path / "out",
    )  # fmt: skip
    assert process.returncode == 1
    assert "error: blues or jazz: gtzan-mel: too few artists" in process.stderr
    known = json.loads((tmp_path / "out" / "nearest-gtzan-mel-pairs.json").read_text())
    assert list(known["failed"]) == ["blues or jazz"]
    assert [row["pair"] for row in known["findings"]["pairs"]] == [
        ["blues", "metal"],
        ["jazz", "metal"],
    ]
    assert "Left out" in (tmp_path / "out" / "nearest-gtzan-mel-pairs.html").read_text()


def test_pairs_are_made_of_one_list_of_labels(earmark, small, recipe_file):
    twice = ["--labels", "jazz,blues", "--labels", "jazz,metal"]
    process = earmark("study", "pairs", recipe_file, "--data", f"gtzan-mel={small}", *twice)
    assert process.returncode == 2
    assert "of which all pairs are made: give it once" in process.stderr


@pytest.mark.parametrize(
    ("output", "options", "reason"),
    [
        (
            "genre",
            ["--labels", "jaz,blues"],
            "--labels jaz,blues: gtzan-mel has no 'jaz'; did you mean",
        ),
        ("genre", ["--labels", "jazz"], "--labels jazz: name at least two labels"),
        (
            "mood",
            [],
            "gtzan-mel has no labels called 'mood', which the recipe learns; it has genre",
        ),
        ("genre", ["--data", "gtzan-mel"], "write NAME=DIR"),
        ("genre", ["--data", "gtzan-mel=nowhere"], "nowhere: no such folder"),
    ],
)
def test_wrong_use_is_said_in_a_line(earmark, small, tmp_path, output, options, reason):
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.replace('"genre"', f'"{output}"'))
    data = [] if "--data" in options else ["--data", f"gtzan-mel={small}"]
    process = earmark("study", "classes", path, *data, *options, "--runs", tmp_path / "runs")
    assert process.returncode == 2
    assert reason in process.stderr
    assert "Traceback" not in process.stderr
    assert process.stdout == ""
    assert not (tmp_path / "runs").exists()
