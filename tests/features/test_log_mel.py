"""The log-mel against librosa, against itself block by block, and its refusals."""

from __future__ import annotations

from dataclasses import replace

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import earmark.features.frames as module
from earmark.audio import load_audio
from earmark.features.log_mel import LogMel

EVERY_FRAME = (1, 1)


@pytest.fixture(scope="module")
def music(album):
    return load_audio(album[5], duration_seconds=12)


@pytest.fixture(params=["numpy", "scipy"])
def transform(request, monkeypatch):
    """Both transforms that the extractor may use."""
    import scipy.fft

    rfft = module.numpy_rfft if request.param == "numpy" else scipy.fft.rfft
    monkeypatch.setattr(module, "_rfft", lambda: rfft)
    return request.param


def by_librosa(waveform, settings: LogMel):
    power = librosa.feature.melspectrogram(
        y=waveform,
        sr=settings.rate,
        n_fft=settings.n_fft,
        hop_length=settings.hop,
        n_mels=settings.bands,
        fmin=settings.f_min,
        fmax=settings.f_max,
        htk=settings.mel == "htk",
    )
    return librosa.power_to_db(power, ref=np.max, top_db=settings.range_db)


@pytest.mark.parametrize(
    "settings",
    [
        LogMel(frames_per_column=EVERY_FRAME),
        LogMel(frames_per_column=EVERY_FRAME, f_max=8000.0),
        LogMel(frames_per_column=EVERY_FRAME, mel="htk", bands=96),
        LogMel(frames_per_column=EVERY_FRAME, n_fft=1024, hop=256, bands=40, f_min=50.0),
        LogMel(frames_per_column=EVERY_FRAME, n_fft=4096, hop=1000, bands=17, range_db=60.0),
        LogMel(frames_per_column=EVERY_FRAME, n_fft=512, hop=512, bands=128),
    ],
    ids=lambda settings: f"{settings.mel}-{settings.n_fft}-{settings.bands}",
)
@pytest.mark.filterwarnings("ignore:Empty filters")
def test_equals_librosa_to_a_thousandth_of_a_decibel(settings, music, transform):
    ours, theirs = settings(music), by_librosa(music, settings)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 1e-3


def test_numpy_and_scipy_agree(music, monkeypatch):
    import scipy.fft

    results = []
    for rfft in (module.numpy_rfft, scipy.fft.rfft):
        monkeypatch.setattr(module, "_rfft", lambda rfft=rfft: rfft)
        results.append(LogMel()(music))
    assert np.abs(results[0] - results[1]).max() < 1e-3


def test_scipy_is_used_only_where_it_is_loaded(monkeypatch):
    import scipy.fft

    assert module._rfft() is scipy.fft.rfft
    monkeypatch.delitem(module.sys.modules, "scipy.fft")
    assert module._rfft() is module.numpy_rfft


def test_default_keeps_the_columns_of_the_stored_representation(music):
    every = LogMel(frames_per_column=EVERY_FRAME).power(music)
    kept = LogMel()
    power = kept.power(music)
    frames = [kept.framing.frame_of(column) for column in range(power.shape[1])]
    assert frames == [int((i + 0.5) * 1293 / 387.5 + 1e-9) for i in range(len(frames))]
    np.testing.assert_allclose(power, every[:, frames], rtol=1e-5)
    assert kept.framing.frame_of(power.shape[1]) >= every.shape[1]  # not one column too few


def test_thirty_seconds_are_387_columns():
    assert LogMel().shape(30.0) == (128, 387)
    assert LogMel().shape(661_794 / 22050) == (128, 387)
    assert LogMel()(np.ones(661_794, np.float32)).shape == (128, 387)


@settings(max_examples=40, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 40_000), min_size=1, max_size=12),
    frames_per_column=st.sampled_from([EVERY_FRAME, (2586, 775), (7, 2)]),
)
def test_block_by_block_equals_all_at_once(cuts, frames_per_column):
    waveform = np.random.default_rng(len(cuts)).standard_normal(sum(cuts) + 2048)
    waveform = waveform.astype(np.float32)
    extractor = LogMel(frames_per_column=frames_per_column)
    stream = extractor.stream()
    for block in np.split(waveform, np.cumsum(cuts)):
        stream.push(block)
    np.testing.assert_array_equal(stream.finish(), extractor(waveform))


@settings(max_examples=60, deadline=None)
@given(
    samples=st.integers(1, 200_000),
    hop=st.integers(1, 4000),
    ratio=st.sampled_from([(1, 1), (2586, 775), (3, 2), (10, 1)]),
)
def test_columns_are_those_whose_frame_exists(samples, hop, ratio):
    extractor = LogMel(hop=hop, frames_per_column=ratio)
    frames, columns = 1 + samples // hop, extractor.columns(samples)
    assert columns == 0 or extractor.framing.frame_of(columns - 1) < frames
    assert extractor.framing.frame_of(columns) >= frames


def test_gain_changes_nothing_above_the_floor(music):
    loud, soft = LogMel()(music), LogMel()(music * np.float32(0.25))
    assert np.abs(loud - soft).max() < 1e-3


def test_values_lie_in_range(music):
    result = LogMel(range_db=50.0)(music)
    assert result.dtype == np.float32
    assert result.max() == 0
    assert result.min() >= -50


def test_silence_is_finite():
    assert np.isfinite(LogMel()(np.zeros(22050, np.float32))).all()


def test_seconds_of_a_column():
    assert LogMel().seconds_of(0) == pytest.approx(512 / 22050)
    assert replace(LogMel(), frames_per_column=EVERY_FRAME).seconds_of(43) == pytest.approx(
        43 * 512 / 22050
    )


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"rate": 0}, "rate"),
        ({"n_fft": 2047}, "n_fft"),
        ({"hop": -1}, "hop"),
        ({"bands": 1.5}, "bands"),
        ({"f_max": 20_000.0}, "20000"),
        ({"f_min": 9000.0, "f_max": 8000.0}, "9000"),
        ({"mel": "bark"}, "bark"),
        ({"frames_per_column": (1, 2)}, "frames_per_column"),
        ({"range_db": 0.0}, "range_db"),
    ],
)
def test_impossible_settings_are_refused_by_name(setting, words):
    with pytest.raises(ValueError, match=words):
        LogMel(**setting)


def test_too_short_or_flat_waveforms_are_refused():
    with pytest.raises(ValueError, match="too few"):
        LogMel()(np.zeros(100, np.float32))
    with pytest.raises(ValueError, match="dimension"):
        LogMel()(np.zeros((2, 22050), np.float32))
