from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from earmark.papers import PAPERS
from earmark.papers.liu2017 import GENRES, PAIRS, PRINTED_PAIRS, pair_key
from earmark.papers.studies.pairs import Pairs, hardest, interval_of_mean


@pytest.fixture(scope="module")
def runs(made_answers, made_runs):
    """Naive runs are right in nine of ten tracks, leak-free ones in eight; rock fools both."""

    def made(system: str, way: str, seed: int):
        _, one, other = system.split("-")
        wrong = {"naive": 1, "leak-free": 2}[way] + (3 if "rock" in (one, other) else 0)
        truth = np.arange(10) % 2
        given = np.where(np.arange(10) >= wrong, truth, 1 - truth)
        return made_answers((one, other), truth, given, [f"{i // 2}" for i in range(10)])

    return made_runs(made)


@pytest.fixture(scope="module")
def findings(runs):
    (study,) = (study for study in PAPERS["liu2017"].studies if study.key == "pairs")
    return study.run(runs)


def test_the_mean_is_that_of_all_45_pairs(findings):
    means = findings.data["means"]
    assert len(PAIRS) == len(findings.data["pairs"]) == 45
    assert means["naive"]["value"] == pytest.approx((36 * 0.9 + 9 * 0.6) / 45)
    assert means["leak-free"]["value"] == pytest.approx((36 * 0.8 + 9 * 0.5) / 45)
    low, high = means["naive"]["interval"]
    assert low < means["naive"]["value"] < high


def test_every_pair_has_both_intervals(findings):
    (row,) = (row for row in findings.data["pairs"] if row["pair"] == ["country", "rock"])
    said = row["leak-free"]
    assert (row["paper"], said["value"], said["n"]) == (0.65, 0.5, 10)
    for low, high in (said["interval_wilson"], said["interval_by_artist"]):
        assert low < 0.5 < high


def test_the_mean_of_a_label_is_that_of_its_nine_pairs(findings):
    means = findings.data["by_label"]
    assert means["rock"]["leak-free"] == pytest.approx(0.5)
    assert means["jazz"]["leak-free"] == pytest.approx((8 * 0.8 + 0.5) / 9)
    printed = [value for pair, value in PRINTED_PAIRS.items() if "metal" in pair]
    assert means["metal"]["paper"] == pytest.approx(np.mean(printed))


def test_the_papers_numbers_are_those_that_its_text_singles_out(findings):
    assert findings.data["means"]["paper"]["value"] == pytest.approx(0.8539, abs=1e-4)
    printed = {pair_key(*pair): value for pair, value in PRINTED_PAIRS.items()}
    assert printed["pair-country-rock"] == printed["pair-hiphop-rock"] == 0.65
    for other in ("hiphop", "metal", "pop"):
        assert printed[f"pair-classical-{other}"] == 1
    for one, other, value in [
        ("blues", "country", 0.725),
        ("blues", "hiphop", 0.7),
        ("disco", "hiphop", 0.7),
        ("blues", "rock", 0.725),
    ]:
        assert printed[pair_key(one, other)] == value


def cells_of(text: str) -> dict[str, dict[str, str]]:
    table = text.partition("Accuracy in % of each pair")[2].splitlines()[2:]
    return {
        row: dict(zip(GENRES, (c.strip() for c in line.split("|")[2:-1]), strict=True))
        for row, line in zip(GENRES, table[2:], strict=True)
    }


def test_the_table_has_naive_above_and_leak_free_below_the_diagonal(findings):
    cells = cells_of(findings.text)
    assert all(cells[genre][genre] == "" for genre in GENRES)
    assert cells["blues"]["classical"] == "90 (97.5)"
    assert cells["classical"]["blues"] == "80 (97.5)"
    assert cells["country"]["rock"] == "60 (65)"
    assert cells["rock"]["country"] == "50 (65)"


def test_of_one_way_the_paper_stands_above_the_diagonal(runs):
    study = Pairs(
        labels=GENRES, key=pair_key, ways=("leak-free",), picture="p.svg", printed=PRINTED_PAIRS
    )
    found = study.run(runs)
    cells = cells_of(found.text)
    assert (cells["country"]["rock"], cells["rock"]["country"]) == ("65", "50")
    assert found.data["columns"] == ["paper", "leak-free"]


def test_a_pair_that_could_not_be_run_is_left_out(runs):
    pairs = (("jazz", "metal"), ("jazz", "pop"))
    study = Pairs(
        labels=("jazz", "metal", "pop"), key=pair_key, ways=("leak-free",), picture="p", pairs=pairs
    )
    found = study.run(runs)
    assert [tuple(row["pair"]) for row in found.data["pairs"]] == list(pairs)
    assert "mean of 2 pairs" in found.text
    assert "metal or pop: not known" in found.pictures["p"].decode()


def test_several_seeds_become_one_number(made_answers, made_runs):
    def made(system: str, way: str, seed: int):
        right = np.arange(10) >= (0 if seed else 4)
        truth = np.arange(10) % 2
        given = np.where(right, truth, 1 - truth)
        return made_answers(("a", "b"), truth, given, [f"{i}" for i in range(10)])

    study = Pairs(labels=("a", "b"), key=pair_key, ways=("leak-free",), picture="p.svg")
    (row,) = study.run(made_runs(made, seeds=(0, 1))).data["pairs"]
    assert (row["leak-free"]["value"], row["leak-free"]["n"]) == (0.8, 10)


def test_names_the_hardest_pairs(findings):
    (line,) = (line for line in findings.text.splitlines() if line.startswith("| hardest"))
    paper, naive, _ = line.split("|")[2:5]
    assert paper.strip().startswith("country or rock 65%, hiphop or rock 65%")
    assert len(re.findall("or rock 60%", naive)) == 5
    assert all("rock" in row["pair"] for row in hardest(findings.data, "naive")[:9])


def test_the_picture_has_the_paper_above_and_ours_below_the_diagonal(findings):
    (picture,) = findings.pictures.values()
    root = ElementTree.fromstring(picture)
    notes = [note.text for note in root.iter("{http://www.w3.org/2000/svg}title")]
    assert "country or rock, paper: 65.0%" in notes
    assert "country or rock, leak-free: 50.0% of 10 tracks" in notes
    assert sum(": " in note for note in notes) == 90


def test_artists_are_drawn_for_all_pairs_at_once(made_answers):
    # Two artists, one always told right and one never: every draw of two gives 0, ½ or 1, whatever
    # the number of pairs. Were pairs drawn apart, the mean of many would hardly vary.
    truth = np.arange(10) % 2
    given = np.where(np.arange(10) < 5, truth, 1 - truth)
    artists = ["one"] * 5 + ["other"] * 5
    judged = [[made_answers(("a", "b"), truth, given, artists)] for _ in range(20)]
    assert interval_of_mean(judged) == (0.0, 1.0)
