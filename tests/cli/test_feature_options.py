"""Representations as options name them: types, nesting, and what is said of mistakes."""

from __future__ import annotations

import pytest

from earmark.cli.feature_options import feature_of
from earmark.errors import BadFeature
from earmark.features import (
    FEATURES,
    Chroma,
    ColourImage,
    GreyImage,
    LinearSpectrogram,
    LogMel,
    Modulation,
    Slices,
    Spectrotemporal,
    Summary,
)


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


def test_an_inner_representation_is_changed_or_replaced():
    assert feature_of("grey-image", ["source.bands=64"]) == GreyImage(
        source=LogMel(f_max=8000.0, mel="htk", frames_per_column=(1, 1), bands=64)
    )
    linear = GreyImage(source=LinearSpectrogram(n_fft=512))
    assert feature_of("grey-image", ["source=linear-spectrogram", "source.n_fft=512"]) == linear
    assert feature_of("grey-image", ["source.n_fft=512", "source=linear-spectrogram"]) == linear
    assert feature_of("grey-image", ["source=log-mel"]) == GreyImage(source=LogMel())
    twice = feature_of("slices", ["source=colour-image", "source.source.bands=64", "hop_seconds=1"])
    source = ColourImage(source=LogMel(frames_per_column=(1, 1), bands=64))
    assert twice == Slices(source=source, hop_seconds=1.0)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["source=mfcc"], "grey-image: source must be a spectrogram"),
        (["source=mel"], "no representation is called 'mel'; did you mean 'log-mel'?"),
        (["source=3"], "no representation is called 3;"),
        (["source=[1]"], "no representation is called [1];"),
        (["source.bnads=3"], "log-mel has no setting 'bnads'; did you mean 'bands'?"),
        (["source.bands=x"], "source.bands must be a whole number, not 'x'"),
        (["source.bands.x=3"], "source.bands must be a whole number"),
        (["columns=1", "columns.x=3"], "columns must be a whole number"),
    ],
)
def test_mistakes_further_in_are_named_in_full(settings, words):
    with pytest.raises(BadFeature) as caught:
        feature_of("grey-image", settings)
    assert words in str(caught.value)


def test_an_optional_number():
    assert feature_of("slices", ["hop_seconds=2"]).hop_seconds == 2.0
    with pytest.raises(BadFeature, match="hop_seconds must be a number, not 'x'"):
        feature_of("slices", ["hop_seconds=x"])


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


def test_a_list_may_have_any_length_where_the_setting_does():
    assert feature_of("spectrotemporal", ["rates=[1, 2.5]"]) == Spectrotemporal(rates=(1.0, 2.5))
    with pytest.raises(BadFeature, match=r"rates must be \[a number, …\], not 9"):
        feature_of("spectrotemporal", ["rates=9"])
    with pytest.raises(BadFeature, match=r"lags must be whole numbers"):
        feature_of("cepstral-covariance", ["lags=[1]"])


class TestSeveral:
    """Settings that are several representations, such as the parts of a summary."""

    def test_they_are_named_or_written_as_tables(self):
        wanted = ["parts=['chroma', {name = 'modulation', groups = 8}]"]
        assert feature_of("summary", wanted) == Summary(parts=(Chroma(), Modulation(groups=8)))

    @pytest.mark.parametrize(
        ("setting", "words"),
        [
            ("parts=chroma", 'parts must be a list of representations, such as ["chroma"]'),
            ("parts=[]", "summary: parts must name at least one"),
            ("parts=['chorma']", "'chorma'; did you mean 'chroma'?"),
            ("parts=[3]", "no representation is called 3;"),
            ("parts=[{groups = 8}]", "no representation is called None;"),
            ("parts=[{name = 'chroma', f_mix = 8}]", "no setting 'f_mix'; did you mean 'f_min'?"),
            ("parts=['mfcc']", "summary: parts must be vectors of a log-mel, such as chroma"),
        ],
    )
    def test_mistakes_are_named(self, setting, words):
        with pytest.raises(BadFeature) as caught:
            feature_of("summary", [setting])
        assert words in str(caught.value)
