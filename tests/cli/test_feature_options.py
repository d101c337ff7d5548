"""Representations as options name them: types, nesting, and what is said of mistakes."""

from __future__ import annotations

import pytest

from earmark.cli.feature_options import feature_of
from earmark.errors import BadFeature
from earmark.features import FEATURES, LogMel


@pytest.mark.parametrize("name", FEATURES)
def test_without_settings_it_is_the_default(name):
    assert feature_of(name, []) == FEATURES[name]()


def test_values_take_the_type_of_the_setting():
    feature = feature_of(
        "log-mel", ["f_max=8000", "mel=htk", "bands = 64", "frames_per_column=[1, 1]"]
    )
    assert feature == LogMel(f_max=8000.0, mel="htk", bands=64, frames_per_column=(1, 1))
    assert isinstance(feature.f_max, float)  # so that equal settings are written alike
    assert feature_of("log-mel", ['mel="htk"']) == LogMel(mel="htk")


def test_a_later_setting_wins():
    assert feature_of("log-mel", ["bands=64", "bands=32"]).bands == 32


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["fmax=3"], "log-mel has no setting 'fmax'; did you mean 'f_max'?"),
        (["wonder=3"], "log-mel has no setting 'wonder'; known: rate, n_fft"),
        (["name=mfcc"], "no setting 'name'"),
        (["f_max=loud"], "f_max must be a number, not 'loud'"),
        (["f_max=nan"], "nan"),
        (["mel=bark"], "mel must be one of slaney, htk, not 'bark'"),
        (["bands"], "--set bands: write KEY=VALUE"),
        (["=3"], "--set =3: write KEY=VALUE"),
        (["bands=0"], "log-mel: bands must be a whole number of at least 1, not 0"),
        (["bands=2.5"], "bands must be a whole number, not 2.5"),
        (["bands=true"], "bands must be a whole number, not True"),
        (["bands.x=3"], "bands must be a whole number"),
        (["frames_per_column=3"], "must be [a whole number, a whole number], not 3"),
        (["frames_per_column=[1]"], "not [1]"),
        (["frames_per_column=['a', 2]"], "not ['a', 2]"),
    ],
)
def test_mistakes_are_named_with_what_is_right(settings, words):
    with pytest.raises(BadFeature) as caught:
        feature_of("log-mel", settings)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_gives_the_nearest():
    with pytest.raises(BadFeature, match=r"'log-mle'; did you mean 'log-mel'"):
        feature_of("log-mle", [])
