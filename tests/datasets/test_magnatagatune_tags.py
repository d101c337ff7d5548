"""Frequent and merged tags."""

from __future__ import annotations

import runpy
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from earmark.datasets.magnatagatune_tags import SYNONYMS, TOP_50, merge_tags, top_tags

MINIATURE = Path(__file__).parent / "miniatures" / "magnatagatune.py"
ALL = runpy.run_path(str(MINIATURE))["TAGS"]
CLIPS = st.lists(st.lists(st.sampled_from(ALL), unique=True, max_size=20), max_size=20)


def test_every_listed_tag_is_one_of_the_188():
    assert len(set(ALL)) == 188
    assert len(set(TOP_50)) == 50
    assert set(TOP_50) <= set(ALL)
    members = [tag for group in SYNONYMS for tag in group]
    assert len(members) == len(set(members))
    assert set(members) <= set(ALL)


@given(CLIPS, st.integers(0, 188))
def test_top_tags_are_at_least_as_frequent_as_the_others(clips, count):
    top = top_tags(clips, ALL, count)
    counts = Counter(tag for tags in clips for tag in tags)
    assert len(top) == count
    frequencies = [counts[tag] for tag in top]
    assert frequencies == sorted(frequencies, reverse=True)
    assert max((counts[tag] for tag in set(ALL) - set(top)), default=0) <= min(
        frequencies, default=len(clips)
    )


def test_in_a_tie_the_first_of_the_table_comes_first():
    assert top_tags([["b", "c"], ["a", "c"]], ["a", "b", "c"], 2) == ("c", "a")


@given(st.lists(st.sampled_from(ALL), unique=True))
def test_merging_keeps_every_meaning_once(tags):
    merged = merge_tags(tags)
    assert len(set(merged)) == len(merged) <= len(tags)
    assert merge_tags(merged) == merged
    group = {tag: words for words in SYNONYMS for tag in words}
    assert {group.get(tag, (tag,)) for tag in tags} == {group.get(tag, (tag,)) for tag in merged}
