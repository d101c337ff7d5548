"""`earmark evaluate`: what it prints of labelled folders, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import soundfile

from earmark import load_audio
from earmark.bundle import DEFAULT, Output
from earmark.cli.evaluation_tables import as_table
from earmark.datasets.gtzan import GENRES
from earmark.evaluation.intervals import wilson_interval
from earmark.features import LogMel

from ..means import write_means

LABORATORY = ["torch", "lightning", "scipy", "sklearn", "librosa", "pandas", "safetensors", "onnx"]


@pytest.fixture(scope="module")
def recordings(album, tmp_path_factory) -> Path:
    """The album as genre folders."""
    folder = tmp_path_factory.mktemp("recordings")
    for genre, path in zip(GENRES, album, strict=True):
        (folder / genre).mkdir()
        shutil.copy(path, folder / genre / f"{genre}.00000.opus")
    return folder


@pytest.fixture
def images(miniature, tmp_path) -> Path:
    """Three genres of the miniature as a bare folder, to change."""
    folder = tmp_path / "images"
    for genre in ("blues", "jazz", "pop"):
        shutil.copytree(miniature / genre, folder / genre)
    return folder


@pytest.fixture
def evaluate(earmark):
    """Judge; gives the report, the messages and the exit code.

    The miniatures' tracks are named as GTZAN's are, which the default model knows and says; that
    has a test of its own.
    """

    def evaluate(data: str, *more: object) -> tuple[dict, str, int]:
        process = earmark("evaluate", "--data", data, "--format", "json", *more)
        lines = process.stderr.splitlines(keepends=True)
        messages = "".join(line for line in lines if "going by their names" not in line)
        return json.loads(process.stdout or "{}"), messages, process.returncode

    return evaluate


def test_what_the_model_knows_is_said_and_counted(earmark, miniature):
    process = earmark("evaluate", "--data", f"log-mel={miniature}", "--format", "json")
    known = json.loads(process.stdout)["known_to_the_model"]
    assert known["n_learnt_from"] > 0
    assert known["n_chosen_on"] == 0
    (learnt,) = process.stderr.splitlines()
    assert f"has learnt from {known['n_learnt_from']} of these 40 tracks" in learnt
    assert process.returncode == 0


def check(report: dict, n_tracks: int) -> None:
    """That a report is whole and agrees with itself."""
    confusion = report["confusion"]
    right = sum(confusion[i][i] for i in range(len(confusion)))
    assert report["n_tracks"] == sum(map(sum, confusion)) == n_tracks
    assert report["accuracy"] == right / n_tracks
    assert report["accuracy_interval"] == pytest.approx(wilson_interval(right, n_tracks))
    assert report["labels"] == list(GENRES)
    assert len(confusion) == len(confusion[0]) == 10
    whole = report["per_track"]
    assert (whole["n"], whole["accuracy"]) == (n_tracks, report["accuracy"])
    assert whole["confusion"] == confusion
    assert {label: row["recall"] for label, row in whole["per_label"].items()} == report["recall"]
    assert (report["output"], report["kind"]) == ("genre", "classes")


def test_a_folder_of_images(evaluate, miniature):
    report, messages, code = evaluate(f"log-mel={miniature}")
    check(report, 40)
    assert [sum(row) for row in report["confusion"]] == [4] * 10
    assert (messages, code) == ("", 0)


def test_a_folder_of_audio_is_the_same_for_any_number_of_jobs(evaluate, recordings):
    report, messages, code = evaluate(f"audio={recordings}", "--jobs", 2)
    check(report, 10)
    assert (messages, code) == ("", 0)
    assert evaluate(f"audio={recordings}", "--jobs", 1)[0] == report


def test_it_works_without_the_laboratory(earmark_without, miniature, recordings):
    for data in (f"log-mel={miniature}", f"audio={recordings}"):
        process = earmark_without(LABORATORY, "evaluate", "--data", data, "--format", "json")
        assert process.returncode == 0, process.stderr
        check(json.loads(process.stdout), 40 if "log-mel" in data else 10)


def test_a_side_by_name(evaluate, miniature):
    report, _, code = evaluate(f"gtzan-mel={miniature}", "--split", "valid")
    check(report, 10)
    assert code == 0


def test_a_side_by_file(evaluate, miniature, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("# two\njazz.00001\n\nrock.00003.png\n")
    report, _, code = evaluate(f"log-mel={miniature}", "--split", names)
    check(report, 2)
    assert [sum(row) for row in report["confusion"]] == [0, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    assert report["recall"]["blues"] is None
    assert code == 0


@pytest.fixture
def split(earmark, miniature, tmp_path):
    """Split the miniature; gives the file."""

    def split(*options: object, data: str = f"gtzan-mel={miniature}") -> Path:
        path = tmp_path / "split.json"
        process = earmark("split", data, "--out", path, *options)
        assert process.returncode == 0, process.stderr
        return path

    return split


def test_a_side_of_a_split(evaluate, miniature, split):
    path = split("--folds", 4)
    report, messages, code = evaluate(f"gtzan-mel={miniature}", "--split", path, "--side", "fold-2")
    check(report, 10)
    said = json.loads(path.read_text())["sides"]["fold-2"]
    assert (report["split_checksum"], messages, code) == (said["sha256"], "", 0)


def test_a_side_of_a_split_that_leaks_is_warned_of(evaluate, miniature, split, tmp_path):
    folder = shutil.copytree(miniature, tmp_path / "gtzan-mel")
    table = folder / "tracks.csv"
    table.write_text(table.read_text().replace("band 3", "band 0"))
    (folder / "jazz" / "jazz.00000.png").unlink()
    path = split("--naive", data=f"gtzan-mel={folder}")
    report, messages, code = evaluate(f"gtzan-mel={miniature}", "--split", path, "--side", "test")
    assert (report["n_tracks"], code) == (6, 0)
    unused, warning = messages.splitlines()
    assert f"{path}: leaves out 'jazz.00000' of the data set's tracks" in unused
    assert "have their artist on another side; results on them are too high" in warning


@pytest.mark.parametrize(
    ("options", "side", "words"),
    [
        ([], [], "name a side of it: --side train | valid | test"),
        ([], ["--side", "dev"], "has no side 'dev'; it has train, valid, test"),
        (["--naive", "--slices", 2], ["--side", "test"], "its items are 2 slices per track"),
    ],
)
def test_a_split_that_names_no_tracks_to_judge(evaluate, miniature, split, options, side, words):
    path = split(*options)
    _, messages, code = evaluate(f"gtzan-mel={miniature}", "--split", path, *side)
    assert code == 2
    assert messages.startswith(f"earmark: error: {path}: {words}")


def test_a_split_of_something_else(evaluate, images, split):
    path = split()
    _, messages, code = evaluate(f"log-mel={images}", "--split", path, "--side", "test")
    assert code == 2
    assert "that the data set lacks; is the data set whole" in messages
    for more in (["--side", "test"], ["--split", "valid", "--side", "test"]):
        _, messages, code = evaluate(f"log-mel={images}", *more)
        assert (messages, code) == (
            "earmark: error: --side names a side of a split: add --split FILE.json\n",
            2,
        )
    _, messages, code = evaluate(f"log-mel={images}", "--split", "absent.json", "--side", "test")
    assert code == 2
    assert "absent.json: cannot be read" in messages


def test_the_trained_bundle_gives_the_accuracy_that_it_states(evaluate, miniature, finished):
    bundle = finished / "bundle"
    report, _, code = evaluate(f"gtzan-mel={miniature}", "--split", "valid", "--model", bundle)
    stated = json.loads((bundle / "bundle.json").read_text())
    found = stated["metrics"]["valid"]["outputs"]["genre"]["per_track"]
    assert report["confusion"] == found["confusion"]
    assert report["split_checksum"] == stated["data"]["valid"]["split_checksum"]
    assert code == 0


def test_images_without_a_range_have_80_db(evaluate, images):
    from PIL import Image

    whole = evaluate(f"log-mel={images}")[0]
    for path in images.rglob("*.png"):
        with Image.open(path) as image:
            assert image.text["range_db"] == "80"
            bare = image.convert("L")
        bare.save(path)
        with Image.open(path) as image:
            assert "range_db" not in getattr(image, "text", {})
    assert evaluate(f"log-mel={images}")[0] == whole


def test_damaged_images_are_said_and_counted(evaluate, images):
    empty, cut = images / "jazz" / "jazz.00000.png", images / "pop" / "pop.00001.png"
    empty.write_bytes(b"")
    cut.write_bytes(cut.read_bytes()[:800])
    report, messages, code = evaluate(f"log-mel={images}")
    assert code == 1
    check(report, 10)
    assert report["n_failed"] == 2
    assert [failure["path"] for failure in report["failures"]] == [str(empty), str(cut)]
    first, second = messages.splitlines()
    assert first.startswith(f"earmark: error: {empty}: ")
    assert second.startswith(f"earmark: error: {cut}: ")


def test_damaged_audio_is_said_and_counted(evaluate, recordings, tmp_path):
    folder = shutil.copytree(recordings, tmp_path / "recordings")
    bad = folder / "jazz" / "text.mp3"
    bad.write_text("no music")
    report, messages, code = evaluate(f"audio={folder}")
    check(report, 10)
    assert (report["n_failed"], code) == (1, 1)
    assert str(bad) in messages


def test_the_table_says_the_same(earmark, images):
    (images / "pop" / "pop.00000.png").write_bytes(b"")
    process = earmark("evaluate", "--data", f"log-mel={images}")
    table = process.stdout.splitlines()
    assert table[0] == "tracks    11 (1 more could not be judged)"
    assert table[1].startswith("accuracy  ")
    assert "95 % interval" in table[1]
    assert table[2].startswith("macro F1  ")
    assert table[3] == "majority  36.4%  (saying blues of every track)"
    assert table[4].startswith("off by    ")
    blank = table.index("", 6)
    rows = {line.split()[0]: line.split()[1:] for line in table[7:blank]}
    assert list(rows) == list(GENRES)
    assert rows["rock"] == ["–", *"··········"]
    assert sum(int(cell) for cell in rows["jazz"][1:] if cell != "·") == 4
    thresholds = [line.split()[0] for line in table[blank + 2 : -1]]
    assert thresholds == list(GENRES)
    assert table[-1].startswith("other artists  ")
    assert process.returncode == 1


def test_the_report_goes_to_a_file(earmark, images, tmp_path):
    out = tmp_path / "report.json"
    arguments = ["evaluate", "--data", f"log-mel={images}", "--format", "json"]
    process = earmark(*arguments, "--out", out)
    assert (process.stdout, process.returncode) == ("", 0)
    assert json.loads(out.read_text()) == json.loads(earmark(*arguments).stdout)
    process = earmark(*arguments, "--out", tmp_path)
    assert process.returncode == 1
    assert f"{tmp_path}: cannot be written" in process.stderr


def test_a_page_is_written_beside_the_report(evaluate, miniature, finished, tmp_path):
    page, bundle = tmp_path / "page.html", finished / "bundle"
    report, _, code = evaluate(
        f"gtzan-mel={miniature}", "--split", "valid", "--model", bundle, "--html", page
    )
    assert code == 0
    text = page.read_text(encoding="utf-8")
    assert f"{report['accuracy']:.1%} <small>of tracks right" in text
    assert "Overfitting gap: at epoch" in text
    assert "<strong>Mind:</strong>" in text
    assert report["split_checksum"] in text


def test_a_page_that_cannot_be_written_is_said_before_the_work(earmark, images, tmp_path):
    process = earmark("evaluate", "--data", f"log-mel={images}", "--html", tmp_path)
    assert (process.returncode, process.stdout) == (2, "")
    assert f"{tmp_path}: cannot be written" in process.stderr


def test_a_question_that_the_model_does_not_answer_is_refused(earmark, images):
    process = earmark("evaluate", "--data", f"log-mel={images}", "--output", "tempo")
    assert (process.returncode, process.stdout) == (2, "")
    assert "answers genre, " in process.stderr
    assert ", not tempo: choose with --output" in process.stderr


@pytest.fixture
def moody(tmp_path) -> Path:
    """A model that finds everything happy."""
    outputs = {"mood": Output(("happy", "tense", "sad", "calm"))}
    return write_means(tmp_path / "moody", LogMel(), outputs)


def test_folders_named_by_quadrant_are_judged_by_mood(evaluate, images, moody):
    for quadrant, genre in (("Q1", "blues"), ("q2", "jazz"), ("Calm", "pop")):
        (images / genre).rename(images / quadrant)
    report, _, code = evaluate(f"log-mel={images}", "--output", "mood", "--model", moody)
    assert (report["output"], report["labels"]) == ("mood", ["happy", "tense", "sad", "calm"])
    assert report["confusion"] == [[4, 0, 0, 0], [4, 0, 0, 0], [0, 0, 0, 0], [4, 0, 0, 0]]
    assert (report["accuracy"], code) == (pytest.approx(1 / 3), 0)
    (images / "Calm").rename(images / "drowsy")
    _, messages, code = evaluate(f"log-mel={images}", "--output", "mood", "--model", moody)
    assert code == 2
    assert "its mood 'drowsy' is not one that the model answers: happy, tense" in messages


def test_tracks_that_were_met_can_be_left_out(earmark, miniature, tmp_path):
    arguments = ["evaluate", "--data", f"gtzan-mel={miniature}", "--format", "json", "--unmet"]
    process = earmark(*arguments)
    known = json.loads(process.stdout)["known_to_the_model"]
    assert (known["n_learnt_from"], known["n_same_artist"]) == (0, 0)
    assert "has learnt from" not in process.stderr
    met = json.loads((DEFAULT / "bundle.json").read_text())["data"]["train"]["tracks"]
    only_met = [t for t in met if (miniature / t.partition(".")[0] / f"{t}.png").is_file()]
    (tmp_path / "met.txt").write_text("\n".join(only_met))
    process = earmark(*arguments, "--split", tmp_path / "met.txt")
    assert (process.returncode, process.stdout) == (2, "")
    assert f"has met all {len(only_met)} tracks or their artists: none is left" in process.stderr


def test_labels_of_a_data_set_that_the_model_lacks_are_left_out(evaluate, miniature, tmp_path):
    model = write_means(tmp_path / "means", LogMel(), {"genre": Output(("blues", "rock"))})
    report, messages, code = evaluate(f"gtzan-mel={miniature}", "--model", model)
    assert (report["n_tracks"], code) == (8, 0)
    assert report["left_out"] == dict.fromkeys(GENRES[1:-1], 4)
    assert "left out, as the model knows no such genre: 4 classical, 4 country" in messages
    other = write_means(tmp_path / "other", LogMel(), {"genre": Output(("polka", "waltz"))})
    _, messages, code = evaluate(f"gtzan-mel={miniature}", "--model", other)
    assert code == 2
    assert "its genre 'blues' is not one that the model answers: polka, waltz" in messages


def test_changed_sound_is_judged_too(earmark, recordings, tmp_path):
    folder, page = tmp_path / "recordings", tmp_path / "page.html"
    for genre in ("jazz", "rock"):
        source = recordings / genre / f"{genre}.00000.opus"
        (folder / genre).mkdir(parents=True)
        samples = load_audio(source, rate=22050, duration_seconds=3.5)
        soundfile.write(folder / genre / f"{genre}.wav", samples, 22050)
    out = tmp_path / "report.json"
    arguments = ["evaluate", "--data", f"audio={folder}", "--robustness", "--html", page]
    process = earmark(*arguments, "--format", "json", "--out", out)
    assert (process.returncode, process.stderr) == (0, "")
    about = json.loads(out.read_text())
    assert about["robustness"]["untouched"]["accuracy"] == about["accuracy"]
    assert about["robustness"]["n_tracks"] == 2
    rows = {row["name"]: row for row in about["robustness"]["changes"]}
    assert rows["mp3 128 kbit/s"]["n"] == 2
    assert "length 5 s" not in rows
    text = page.read_text(encoding="utf-8")
    assert "Does it hear the music or the recording?" in text
    assert all(name in text for name in rows)
    table = as_table(about).splitlines()
    first = table.index(next(line for line in table if line.startswith("change ")))
    assert [line[:23].rstrip() for line in table[first + 1 : -2]] == ["none", *rows]
    assert table[-1].startswith("The mp3 and the wav of a track get the same answer: 64 kbit/s ")


def test_sound_can_be_changed_only_where_there_is_some(earmark, images, recordings, tmp_path):
    process = earmark("evaluate", "--data", f"log-mel={images}", "--robustness")
    assert (process.returncode, process.stdout) == (2, "")
    assert "--robustness changes sound, and log-mel has none" in process.stderr
    valence = {"valence": Output(("valence",), kind="number")}
    model = write_means(tmp_path / "means", LogMel(), valence)
    arguments = ["--data", f"audio={recordings}", "--output", "valence", "--model", model]
    process = earmark("evaluate", *arguments, "--robustness")
    assert process.returncode == 2
    assert "counts changed answers of classes; valence is of kind number" in process.stderr


def test_a_label_that_the_model_does_not_know_is_refused(earmark, images):
    (images / "jazz").rename(images / "polka")
    process = earmark("evaluate", "--data", f"log-mel={images}")
    assert (process.returncode, process.stdout) == (2, "")
    (line,) = process.stderr.splitlines()
    assert "polka' is not one that the model answers: blues, classical" in line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "log-mel=absent"], "absent: no such folder"),
        (["--data", "mp3=."], "unknown data set 'mp3'; known: audio, log-mel"),
        (["--data", "log-mel"], "write NAME=DIR"),
        (["--data", "log-mel=."], "holds no folder with PNG files"),
        (["--data", "gtzan-mel=."], "tracks.csv is neither"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(earmark, tmp_path, arguments, words):
    process = earmark("evaluate", *arguments, cwd=tmp_path)
    assert (process.returncode, process.stdout) == (2, "")
    (line,) = process.stderr.splitlines()
    assert words in line


@pytest.mark.parametrize(
    ("split", "words"),
    [("test", "no split named 'test' in this data set: it has train, valid")],
)
def test_an_unknown_split_is_refused(earmark, miniature, split, words):
    process = earmark("evaluate", "--data", f"gtzan-mel={miniature}", "--split", split)
    assert process.returncode == 2
    assert words in process.stderr


def test_a_foreign_bundle_is_refused(earmark, images):
    process = earmark("evaluate", "--data", f"log-mel={images}", "--model", images)
    assert process.returncode == 2
    assert "not an Earmark bundle" in process.stderr


def test_the_real_valid_list_is_judged_alike_by_name_and_by_folder(evaluate, data):
    report, _, code = evaluate(f"gtzan-mel={data / 'gtzan-mel'}", "--split", "valid")
    assert report["known_to_the_model"]["n_learnt_from"] == report["n_tracks"] == 197
    listed = data / "gtzan-meta" / "valid_filtered.txt"
    bare = evaluate(f"log-mel={data / 'gtzan-mel'}", "--split", listed)[0]
    for key in ("confusion", "accuracy_interval", "split_checksum", "known_to_the_model"):
        assert bare[key] == report[key]
    assert (report["n_artists"], bare["n_artists"]) == (58, 0)  # folders know no artists
    assert code == 0
