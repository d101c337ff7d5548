"""Folds that keep groups together, and are as equal as groups allow."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from earmark.evaluation.folds import folds_of

GROUPS = st.lists(st.integers(0, 12), min_size=1, max_size=80).map(np.array)


@given(GROUPS, st.integers(2, 6))
def test_no_group_is_torn_and_no_fold_is_empty(groups, folds):
    found = folds_of(groups, folds)
    for group in np.unique(groups):
        assert len(set(found[groups == group].tolist())) == 1
    assert set(found.tolist()) == set(range(min(folds, len(np.unique(groups)))))


@given(GROUPS, st.integers(2, 6))
def test_folds_differ_by_no_more_than_the_largest_group(groups, folds):
    sizes = np.bincount(folds_of(groups, folds))
    assert sizes.max() - sizes.min() <= np.bincount(groups).max()


def test_single_tracks_are_dealt_out_evenly():
    assert np.bincount(folds_of(np.arange(23), 5)).tolist() == [5, 5, 5, 4, 4]
