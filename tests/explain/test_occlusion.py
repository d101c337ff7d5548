"""Deleting, and the weights that are told from it: against least squares, and what was planted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.explain.occlusion import (
    COLUMNS,
    MASKS,
    ROWS,
    Occlusion,
    log_odds,
    random_masks,
    smooth_ridge,
    weights,
)

rng = np.random.default_rng(2)


def occlusion_of(shape: tuple[int, int], judge=lambda log_mel: 0.0) -> Occlusion:
    log_mel = np.random.default_rng(1).uniform(-80, 0, shape).astype(np.float32)
    return Occlusion(log_mel, judge)


@given(bands=st.integers(1, 40), columns=st.integers(1, 60), seed=st.integers(0, 99))
@settings(max_examples=25)
def test_a_deleted_cell_is_its_bands_mean_and_no_other_is_touched(bands, columns, seed):
    occlusion = occlusion_of((bands, columns))
    whole = occlusion.without(np.zeros(occlusion.shape, bool))
    mask = np.random.default_rng(seed).random(occlusion.shape) < 0.5
    left = occlusion.without(mask)
    assert occlusion.shape == (min(ROWS, bands), min(COLUMNS, columns))
    for r, c in np.ndindex(*occlusion.shape):
        rows = slice(*occlusion.row_edges[r : r + 2])
        cells = rows, slice(*occlusion.column_edges[c : c + 2])
        assert left[cells].size > 0
        if mask[r, c]:
            means = np.broadcast_to(whole[rows].mean(axis=1, keepdims=True), left[cells].shape)
            np.testing.assert_allclose(left[cells], means, rtol=1e-5)
        else:
            np.testing.assert_array_equal(left[cells], whole[cells])


def test_every_mask_is_judged_in_order_on_any_number_of_threads():
    log_mel = rng.normal(size=(ROWS, COLUMNS)).astype(np.float32)
    masks = list(np.eye(COLUMNS, dtype=bool)[:, None, :].repeat(ROWS, axis=1))
    alone = Occlusion(log_mel, lambda left: float(np.abs(left).sum()))
    together = Occlusion(log_mel, lambda left: float(np.abs(left).sum()), threads=4)
    np.testing.assert_array_equal(alone.judged(masks), together.judged(masks))
    assert alone.judgements == COLUMNS


def test_masks_delete_a_fifth_in_patches_everywhere():
    masks = random_masks((ROWS, COLUMNS), np.random.default_rng(0))
    assert masks.shape == (MASKS, ROWS, COLUMNS)
    assert masks.mean() == pytest.approx(0.2, abs=0.02)
    assert (masks.mean(axis=0) > 0.05).all()
    beside = (masks[:, :, 1:] & masks[:, :, :-1]).mean()
    assert beside > 2 * masks.mean() ** 2  # twice as often as by chance
    again = random_masks((ROWS, COLUMNS), np.random.default_rng(0))
    np.testing.assert_array_equal(masks, again)


def test_weights_are_those_of_a_ridge_regression_by_least_squares():
    masks = random_masks((4, 5), np.random.default_rng(3), 60)
    falls = np.random.default_rng(4).normal(size=60)
    place = np.array(list(np.ndindex(4, 5)))
    alike = np.exp(-0.5 * ((place[:, None] - place) ** 2).sum(axis=-1))
    root = np.linalg.cholesky(alike)  # of weights as root @ independent numbers
    deleted = masks.reshape(60, -1).astype(float) @ root
    centred = deleted - deleted.mean(axis=0)
    noise = 0.3 * (centred**2).sum() / 60
    rows = np.concatenate([centred, noise**0.5 * np.eye(20)])
    wanted = np.concatenate([falls - falls.mean(), np.zeros(20)])
    fitted = np.linalg.lstsq(rows, wanted, rcond=None)[0]
    np.testing.assert_allclose(smooth_ridge(masks, falls).ravel(), root @ fitted, atol=1e-9)


def test_weights_show_what_was_planted():
    truth = np.zeros((ROWS, COLUMNS))
    truth[3:6, 4:9] = 0.2
    truth[10:13, 12:15] = -0.3
    masks = random_masks(truth.shape, np.random.default_rng(0))
    falls = (masks * truth).sum(axis=(1, 2)) + np.random.default_rng(1).normal(0, 0.2, MASKS)
    told = smooth_ridge(masks, falls)
    assert np.corrcoef(told.ravel(), truth.ravel())[0, 1] > 0.85


def test_an_answer_that_hears_nothing_has_no_weights():
    occlusion = occlusion_of((128, 80), lambda left: 0.25)
    np.testing.assert_array_equal(weights(occlusion, 0.25, odds=True), np.zeros((ROWS, COLUMNS)))


def test_log_odds_lead_back_and_stay_finite():
    probabilities = np.linspace(0.001, 0.999, 50)
    np.testing.assert_allclose(1 / (1 + np.exp(-log_odds(probabilities))), probabilities)
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
