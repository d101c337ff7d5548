from __future__ import annotations

import re
from types import MappingProxyType

import numpy as np
import pytest

from earmark.evaluation.answers import Answers
from earmark.papers.liu2017 import GENRES, PAIRS, PRINTED_PAIRS, pair_key
from earmark.papers.pairs import interval_of_mean, study


def answers(labels: tuple[str, ...], right: np.ndarray, artists: list[str]) -> Answers:
    truth = np.arange(len(right)) % 2
    given = np.where(right, truth, 1 - truth)
    return Answers(
        output="genre",
        kind="classes",
        labels=labels,
        tracks=tuple(f"{labels[t]}-{i}" for i, t in enumerate(truth)),
        artists=tuple(artists),
        clips=(0,) * len(right),
        truth=truth,
        scores=np.eye(2)[given],
    )


class Runs:
    """Naive runs are right in nine of ten tracks, leak-free ones in eight; rock fools both."""

    dataset, tracks, seeds, quick = "gtzan-mel", MappingProxyType({}), (0,), False

    def answers(self, system: str, way: str, seed: int = 0) -> dict[str, Answers]:
        _, one, other = system.split("-")
        wrong = {"naive": 1, "leak-free": 2}[way] + (3 if "rock" in (one, other) else 0)
        right = np.arange(10) >= wrong
        return {"genre": answers((one, other), right, [f"{i // 2}" for i in range(10)])}


@pytest.fixture(scope="module")
def findings():
    return study(Runs())


def test_the_mean_is_that_of_all_45_pairs(findings):
    means = findings.data["means"]
    assert len(PAIRS) == len(findings.data["pairs"]) == 45
    assert means["naive"]["mean"] == pytest.approx((36 * 0.9 + 9 * 0.6) / 45)
    assert means["leak-free"]["mean"] == pytest.approx((36 * 0.8 + 9 * 0.5) / 45)
    low, high = means["naive"]["interval"]
    assert low < means["naive"]["mean"] < high


def test_the_papers_numbers_are_those_that_its_text_singles_out(findings):
    assert findings.data["means"]["paper"]["mean"] == pytest.approx(0.8539, abs=1e-4)
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


def test_the_table_has_naive_above_and_leak_free_below_the_diagonal(findings):
    table = findings.text.split("in brackets:\n\n")[1].splitlines()
    cells = {
        row: dict(zip(GENRES, (c.strip() for c in line.split("|")[2:-1]), strict=True))
        for row, line in zip(GENRES, table[2:], strict=True)
    }
    assert all(cells[genre][genre] == "" for genre in GENRES)
    assert cells["blues"]["classical"] == "90 (97.5)"
    assert cells["classical"]["blues"] == "80 (97.5)"
    assert cells["country"]["rock"] == "60 (65)"
    assert cells["rock"]["country"] == "50 (65)"


def test_names_the_hardest_pairs(findings):
    (line,) = (line for line in findings.text.splitlines() if line.startswith("| hardest"))
    paper, naive, _ = line.split("|")[2:5]
    assert paper.strip().startswith("country or rock 65%, hiphop or rock 65%")
    assert len(re.findall("or rock 60%", naive)) == 5


def test_artists_are_drawn_for_all_pairs_at_once():
    # Two artists, one always told right and one never: every draw of two gives 0, ½ or 1, whatever
    # the number of pairs. Were pairs drawn apart, the mean of many would hardly vary.
    right = np.arange(10) < 5
    artists = ["one"] * 5 + ["other"] * 5
    judged = [answers(("a", "b"), right, artists) for _ in range(20)]
    assert interval_of_mean(judged) == (0.0, 1.0)
