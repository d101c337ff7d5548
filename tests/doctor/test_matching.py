"""What is found among fingerprints: where it lies and how sure it is; strangers stay apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.doctor import matching
from earmark.doctor.fingerprint import WORD_BITS, no_fingerprint, take_fingerprint
from earmark.doctor.matching import SAME_RECORDING, find_matches


@pytest.fixture(scope="module")
def prints(log_mels) -> list[np.ndarray]:
    return [take_fingerprint(log_mel) for log_mel in log_mels.values()]


def test_strangers_share_nothing(prints):
    assert find_matches(prints) == []


def test_an_equal_one_is_found_throughout(prints):
    (match,) = find_matches([*prints, prints[3].copy()])
    assert (match.first, match.second, match.columns) == (3, len(prints), len(prints[3]))
    assert match.score == pytest.approx(1)
    assert (match.start, match.speed) == (0, 1)


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_an_excerpt_is_found_where_it_lies(data, prints):
    which = data.draw(st.integers(0, len(prints) - 1))
    length = data.draw(st.integers(110, 200))
    begin = data.draw(st.integers(0, len(prints[which]) - length))
    excerpt = prints[which][begin : begin + length]
    (match,) = find_matches([excerpt, *prints])
    assert (match.first, match.second) == (0, which + 1)
    assert match.columns == length
    assert match.start == pytest.approx(begin, abs=0.3)
    assert match.speed == pytest.approx(1, abs=0.003)
    assert match.score > 0.99


@pytest.mark.parametrize("speed", [0.97, 0.98, 1.02, 1.03])
def test_another_speed_is_measured(log_mels, prints, speed):
    for which, log_mel in enumerate(log_mels.values()):
        # Column c of the copy lies at column speed · c of the original.
        columns = np.arange(0, log_mel.shape[1] - 1, speed).round().astype(int)
        (match,) = find_matches([take_fingerprint(log_mel[:, columns]), *prints])
        assert (match.first, match.second) == (0, which + 1)
        assert match.speed == pytest.approx(speed, abs=0.003)


def test_the_score_is_the_correlation_along_what_is_shared(prints):
    random = np.random.default_rng(0)
    noisy = prints[0] + random.normal(0, 12, prints[0].shape)
    noisy = np.clip(noisy, -127, 127).round().astype(np.int8)
    (match,) = find_matches([prints[0], noisy])
    # Along the line that it reports, by numpy's own interpolation and correlation (with means).
    places = match.start + match.speed * np.arange(len(prints[0]))
    shared = (places >= 0) & (places <= len(noisy) - 1)
    along = [np.interp(places[shared], np.arange(len(noisy)), band) for band in noisy.T]
    expected = np.corrcoef(prints[0][shared].T.ravel(), np.ravel(along))[0, 1]
    assert match.score == pytest.approx(expected, abs=0.005)
    assert match.columns == shared.sum()


def test_less_than_six_seconds_are_not_enough(prints):
    assert find_matches([*prints, prints[0][50:120]]) == []
    assert len(find_matches([*prints, prints[0][50:130]])) == 1


def test_matches_do_not_depend_on_blocks_of_work(prints, monkeypatch):
    crowd = [*prints, prints[0][40:200], prints[5][:150], prints[5][100:]]
    expected = {(m.first, m.second) for m in find_matches(crowd)}
    assert expected == {(0, 10), (5, 11), (5, 12)}
    monkeypatch.setattr(matching, "_COLUMNS_PER_BLOCK", 97)
    assert {(m.first, m.second) for m in find_matches(crowd)} == expected


def test_silence_and_stubs_are_passed_over(prints):
    silence = np.zeros((380, WORD_BITS), np.int8)
    assert find_matches([silence, silence, no_fingerprint(), prints[0][:5], prints[0][:5]]) == []
    assert find_matches([]) == []


def test_work_is_bounded_where_all_say_the_same(prints, monkeypatch):
    """A word that many columns share is skipped, so that it costs nothing."""
    crowd = [prints[0]] * 70  # each word stands in 70 columns, more than any may
    assert matching._COMMON < 70
    assert find_matches(crowd) == []
    assert len(find_matches(crowd[:3])) == 3


def test_the_surest_come_first_and_the_threshold_holds(prints):
    random = np.random.default_rng(1)
    noisy = [
        np.clip(prints[0] + random.normal(0, level, prints[0].shape), -127, 127).astype(np.int8)
        for level in (1, 8, 16)
    ]
    matches = find_matches([prints[0], *noisy])
    scores = [match.score for match in matches]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) >= SAME_RECORDING
    middle = float(np.median(scores))
    kept = find_matches([prints[0], *noisy], threshold=middle)
    assert [match.score for match in kept] == [score for score in scores if score >= middle]
