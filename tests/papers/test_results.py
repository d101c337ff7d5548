"""What is written of runs: JSON, tables, the page, the figure, and docs/results.md."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from earmark.errors import EarmarkError
from earmark.evaluation.answers import Answers, write_answers
from earmark.papers.base import EVERY_WAY, Findings, Printed, Study
from earmark.papers.figure import systems_svg
from earmark.papers.gathering import gather, with_region
from earmark.papers.results import read_results, row, update
from earmark.papers.running import Bench, Options
from earmark.papers.tables import (
    CONTROL_HEAD,
    CONTROL_TITLE,
    HEAD,
    as_markdown,
    as_text,
    control_table,
    page,
    table,
)


@pytest.fixture(scope="module")
def rows(made_up, miniature, tmp_path_factory):
    """Rows of the CNN in both ways, with two seeds, and the accuracy of each seed."""
    bench = Bench(
        made_up,
        {"gtzan-mel": miniature},
        Options(runs=tmp_path_factory.mktemp("runs"), threads=1, epochs=2),
    )
    system = made_up.system("cnn")
    found = {}
    for way in ("naive", "leak-free"):
        outcomes = [bench.run(system, "gtzan-mel", way, seed) for seed in (0, 1)]
        found[way] = row(made_up, outcomes), outcomes
    return found


@pytest.fixture(scope="module")
def control(rows, made_up):
    """The leak-free row once more, as if it were the control's, with nine tracks told better."""
    outcomes = [with_better(outcome) for outcome in rows["leak-free"][1]]
    return row(made_up, outcomes, leak_free=rows["leak-free"][1])


def with_better(outcome):
    answers = outcome.answers["genre"]
    wrong = np.flatnonzero(~answers.right)[:9]
    scores = answers.scores.copy()
    scores[wrong] = np.eye(scores.shape[1])[answers.truth[wrong]]
    return replace(outcome, way="control", answers={"genre": replace(answers, scores=scores)})


@pytest.fixture
def results(rows, made_up, tmp_path):
    """The results of both rows, as written."""
    return update(tmp_path / "made-up.json", made_up, rows=[r for r, _ in rows.values()])


def test_a_row_says_what_the_runs_say(rows):
    told, outcomes = rows["leak-free"]
    accuracies = [outcome.answers["genre"].right.mean() for outcome in outcomes]
    accuracy, top5 = told["measures"]
    assert accuracy["value"] == pytest.approx(np.mean(accuracies), abs=1e-6)
    assert accuracy["paper"] == 0.8
    assert accuracy["n"] == told["judged"] == 40
    assert accuracy["interval_by_artist"][0] <= accuracy["value"]
    assert top5["metric"] == "top5"
    assert top5["value"] >= accuracy["value"]
    assert told["leaks"]["artist"] == 0
    assert told["epochs"] == 2
    assert told["epochs_of_the_paper"] == 3
    for seed, outcome in zip(told["seeds"], outcomes, strict=True):
        assert seed["split"] == outcome.plan.split.to_dict()["sha256"]
        assert seed["epochs_run"] == [run["epochs"] for run in outcome.runs]
        assert seed["epoch_kept"] == [run["epoch"] for run in outcome.runs]
        kept = [
            json.loads((folder / "metrics.jsonl").read_text().splitlines()[run["epoch"] - 1])
            for folder, run in zip(outcome.folders, outcome.runs, strict=True)
        ]
        mean = np.mean([line["train_accuracy"] for line in kept])
        assert seed["train_accuracy"] == pytest.approx(mean, abs=1e-6)
    assert told["versions"]["torch"]
    assert rows["naive"][0]["command"] == (
        "earmark reproduce made-up --data gtzan-mel=DIR --data gtzan-mel-faulty=DIR --only cnn "
        "--protocol naive --epochs 2 --seeds 2"
    )


def test_a_value_stands_beside_data_of_its_kind_only(rows, made_up):
    outcomes = rows["naive"][1]
    for beside, value in {(): 0.8, ("gtzan-mel",): 0.8, ("emotify",): None}.items():
        system = replace(outcomes[0].system, printed=(Printed(value=0.8, beside=beside),))
        (measure,) = row(made_up, [replace(outcomes[0], system=system)])["measures"]
        assert measure["paper"] == value


def test_the_same_runs_give_the_same_bytes(rows, made_up, tmp_path):
    found = [r for r, _ in rows.values()]
    update(tmp_path / "one" / "made-up.json", made_up, rows=found)
    for r in reversed(found):  # in pieces, and in another order
        results = update(tmp_path / "two" / "made-up.json", made_up, rows=[r])
    one, two = ((tmp_path / name / "made-up.json").read_bytes() for name in ("one", "two"))
    assert one == two
    assert page(results) == page(read_results(tmp_path / "one" / "made-up.json"))
    assert [r["way"] for r in results["rows"]] == ["naive", "leak-free"]
    again = row(made_up, rows["naive"][1])
    assert json.dumps(again) == json.dumps(rows["naive"][0])


def test_rows_of_other_systems_stay_and_those_of_none_go(results, rows, made_up, tmp_path):
    path = tmp_path / "made-up.json"
    more = {**rows["naive"][0], "system": "lstm", "title": "LSTM"}
    gone = {**more, "system": "gru"}
    after = update(path, made_up, rows=[more, gone])
    assert [r["system"] for r in after["rows"]] == ["cnn", "cnn", "lstm"]
    changed = {**more, "title": "another"}
    assert update(path, made_up, rows=[changed])["rows"][2]["title"] == "another"
    assert not list(tmp_path.glob(".*"))


def test_what_is_no_results_is_not_overwritten(made_up, tmp_path):
    path = tmp_path / "made-up.json"
    for text in ("{}", "no JSON", '{"format": "earmark paper", "version": 9}'):
        path.write_text(text)
        with pytest.raises(EarmarkError, match="not the results of a paper; delete it"):
            update(path, made_up)
        assert path.read_text() == text


def test_the_table_has_paper_naive_and_leak_free_side_by_side(results):
    accuracy, top5 = table(results)
    assert HEAD == ("system", "data", "paper", "naive (95 %)", "leak-free (95 %)")
    assert accuracy[:3] == ("CNN", "gtzan-mel", "80.0%")
    assert top5[:3] == ("CNN: top-5", "gtzan-mel", "–")
    for line, measure in zip((accuracy, top5), results["rows"][1]["measures"], strict=True):
        low, high = measure["interval_by_artist"]
        assert line[4] == f"{measure['value']:.1%} ({low:.1%} to {high:.1%})"
    for line, measure in zip((accuracy, top5), results["rows"][0]["measures"], strict=True):
        low, high = measure["interval_wilson"]
        assert line[3] == f"{measure['value']:.1%} ({low:.1%} to {high:.1%})"
    text = as_text(HEAD, [accuracy, top5]).splitlines()
    assert text[1].index("80.0%") == text[0].index("paper")


def test_the_control_says_what_the_leak_is_worth(results, control, made_up, tmp_path):
    assert control_table(results) == []
    assert CONTROL_TITLE not in page(results)
    after = update(tmp_path / "made-up.json", made_up, rows=[control])
    assert [r["way"] for r in after["rows"]] == ["naive", "leak-free", "control"]
    assert table(after) == table(results)
    accuracy, top5 = control_table(after)
    naive, free, with_leak = (r["measures"][0]["value"] for r in after["rows"])
    assert with_leak == pytest.approx(free + 9 / 40)
    assert accuracy[:3] == ("CNN", "gtzan-mel", f"{naive:.1%}")
    assert accuracy[3].startswith(f"{with_leak:.1%} (")
    assert accuracy[4:6] == (f"{free:.1%}", f"{100 * (naive - free):.1f} points")
    low, high = control["measures"][0]["leak"]["interval_by_artist"]
    assert accuracy[6] == f"22.5 points ({100 * low:.1f} to {100 * high:.1f})"
    assert top5[0] == "CNN: top-5"
    text = page(after)
    for line in [f"## {CONTROL_TITLE}", *as_markdown(CONTROL_HEAD, [accuracy, top5])]:
        assert line in text
    assert control["command"].endswith("--only cnn --protocol control --epochs 2 --seeds 2")
    assert "gtzan-mel-faulty" not in control["command"]


def test_a_control_alone_says_what_it_can(control, made_up, tmp_path):
    alone = update(tmp_path / "made-up.json", made_up, rows=[control])
    (accuracy, _), (line, _) = control_table(alone), table(alone)
    assert accuracy[2] == accuracy[4] == accuracy[5] == "–"
    assert line[2:] == ("80.0%", "–", "–")
    no_leak = {**control, "measures": [{**m, "leak": None} for m in control["measures"]]}
    for measure in no_leak["measures"]:
        del measure["leak"]
    assert control_table({**alone, "rows": [no_leak]})[0][6] == "–"


def test_a_row_that_is_not_listed_is_in_the_json_alone(results):
    hidden = {**results, "rows": [{**r, "listed": False} for r in results["rows"]]}
    assert table(hidden) == []
    assert len(table(hidden, listed_only=False)) == 2
    assert "CNN" not in page(hidden)


def test_the_page_says_how_it_went(results):
    text = page(results)
    assert "A. Nobody, Nothing, 2000" in text
    assert "2 of 2, not 3" in text  # epochs
    assert "| gtzan-mel | leak-free | 40 | 0 by track, 0 by artist |" in text
    assert "- Nothing of this is true." in text
    for label in results["rows"][1]["recall"]["genre"]:
        assert label in text
    for told in results["rows"]:
        assert told["command"] in text
        assert told["seeds"][0]["split"][:12] in text
    assert "mean nothing" not in text
    assert "mean nothing" in page({**results, "quick": True})


def test_a_model_that_is_fitted_at_once_has_no_epochs(made_up, miniature, tmp_path, monkeypatch):
    from earmark.papers import running

    recipe = {"model": {"name": "k-nn"}, "feature": {"name": "grey-image", "rows": 4}}
    system = replace(made_up.system("cnn"), key="k-nn", title="k-NN", recipe=recipe)
    paper = replace(made_up, systems=(system,))
    monkeypatch.setattr(running, "train_on", fit)
    for number, epochs in enumerate((None, 7)):  # --epochs is for what has some
        options = Options(runs=tmp_path, threads=1, epochs=epochs)
        bench = Bench(paper, {"gtzan-mel": miniature}, options)
        outcomes = {way: [bench.run(system, "gtzan-mel", way, 0)] for way in EVERY_WAY}
        assert [bench.is_done(system, "gtzan-mel", "naive", s) for s in (0, 1)] == [True, False]
        if number == 0:
            monkeypatch.setattr(running, "train_on", None)
    told = [
        row(paper, found, leak_free=outcomes["leak-free"] if way == "control" else ())
        for way, found in outcomes.items()
    ]
    assert all("--epochs" not in r["command"] for r in told)
    results = update(tmp_path / "made-up.json", paper, rows=told)
    text = page(results)
    for way, minutes in zip(EVERY_WAY, ("0.5", "2.5", "2.5"), strict=True):
        (line,) = (line for line in text.splitlines() if f"| k-NN | gtzan-mel | {way} |" in line)
        assert line.split(" | ")[6:12] == ["–", "–", "–", "–", minutes, "80"]
    assert control_table(results)[0][6] == "0.0 points (0.0 to 0.0)"
    pytest.importorskip("matplotlib")
    assert b"k-NN" in systems_svg([results])


def fit(recipe, sides, run, **settings):
    """What fitting at once leaves behind: no line for an epoch; everything is told right."""
    judged = sides.valid if sides.judged is None else sides.judged
    (output,) = sides.outputs
    truth = np.array([output.truth(item.track) for item in judged])
    answers = Answers(
        output=output.name,
        kind=output.kind,
        labels=output.labels,
        tracks=tuple(item.track.id for item in judged),
        artists=tuple(item.track.artist for item in judged),
        clips=(0,) * len(judged),
        truth=truth,
        scores=np.eye(len(output.labels))[truth],
    )
    run.mkdir(parents=True)
    write_answers(run / "predictions.csv", [answers])
    (run / "recipe.json").write_text(json.dumps(recipe.to_dict()))
    told = {"epoch": 1, "epochs": 1, "seconds_per_epoch": 30.0, "parameters": 80}
    told |= {"sides": {"train": {"n_tracks": len(sides.train)}}, "versions": {"numpy": "2"}}
    (run / "run.json").write_text(json.dumps(told))


def test_cells_cannot_break_a_table():
    assert as_markdown(("a", "b"), [("x | y", "z")])[2] == "| x \\| y | z |"
    assert as_markdown(("a",), []) == []


def test_findings_of_studies_are_kept_with_their_pictures(made_up, tmp_path):
    study = Study(key="pairs", title="Pairs", needs=("cnn",), run=lambda _: None)
    paper = replace(made_up, studies=(study,))
    path = tmp_path / "made-up.json"
    found = Findings(text="Mean 70 %.", data={"mean": 0.7}, pictures={"pairs.svg": b"<svg/>"})
    update(path, paper, studies=[(study, "gtzan-mel", found)])
    results = update(path, paper)  # a later run without the study
    assert "## Pairs (gtzan-mel)\n\nMean 70 %." in page(results)
    assert (tmp_path / "pairs.svg").read_bytes() == b"<svg/>"
    assert update(path, made_up)["studies"] == []


def test_the_figure_shows_each_system_and_is_always_the_same(results, control):
    pytest.importorskip("matplotlib")
    svg = systems_svg([results])
    assert svg == systems_svg([json.loads(json.dumps(results))])
    root = ElementTree.fromstring(svg)
    words = " ".join("".join(node.itertext()) for node in root.iter())
    for word in ("CNN", "made-up", "the paper", "naive, as the paper split", "accuracy"):
        assert word in words
    assert "random folds" not in words
    assert b"random folds" in systems_svg([{**results, "rows": [*results["rows"], control]}])


def test_results_md_keeps_what_was_written_by_hand(results, control, made_up, tmp_path):
    pytest.importorskip("matplotlib")
    folder = tmp_path / "results"
    update(folder / "made-up.json", made_up, rows=results["rows"])
    path = tmp_path / "results.md"
    path.write_text("# Results\n\nTen lines.\n\n## The built-in model\n\n72.1%\n")
    assert gather(folder, ["made-up", "other"]) == path
    once = path.read_text()
    path.write_text(once.replace("Ten lines.", "Ten other lines."))
    gather(folder, ["made-up"])
    assert path.read_text() == once.replace("Ten lines.", "Ten other lines.")
    assert "72.1%" in once
    assert "results/systems.svg" in once
    assert (folder / "systems.svg").is_file()
    for line in as_markdown(HEAD, table(results)):
        assert line in once
    assert CONTROL_TITLE not in once
    after = update(folder / "made-up.json", made_up, rows=[control])
    gather(folder, ["made-up"])
    accuracy, *_ = control_table(after)
    (line,) = as_markdown(CONTROL_HEAD, [("made-up: CNN", *accuracy[1:])])[2:]
    assert line in path.read_text()
    with pytest.raises(EarmarkError, match="holds no results"):
        gather(folder, ["other"])


def test_a_region_needs_both_of_its_comments():
    whole = with_region("# Results\n", "papers", "text")
    with pytest.raises(EarmarkError, match="lacks one of"):
        with_region(whole.replace("<!-- end papers -->", ""), "papers", "text")
    assert with_region(whole, "papers", "text") == whole
