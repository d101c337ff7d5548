"""Bands that a sound lacks are filled with what is expected of the others, and nothing else is."""

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import Ridge

from earmark import Classifier, load_audio
from earmark.bandwidth import (
    FILE,
    BandwidthExtension,
    bandwidth,
    extension_file,
    read_extension,
)
from earmark.bundle import extend_bundle, read_bundle, verify_bundle, write_blend
from earmark.errors import BadBundle
from earmark.features import LogMel
from earmark.features.log_mel_image import read_log_mel_image

BANDS = LogMel().bands
CUT = 100


def lacking(log_mel: np.ndarray, cut: int = CUT) -> np.ndarray:
    """The same without the bands from one on."""
    log_mel = log_mel.copy()
    log_mel[cut:] = -80
    return log_mel


def levels(seed: int, columns: int = 400) -> np.ndarray:
    """Levels of which neighbouring bands go together."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 2, (BANDS, columns)) + rng.normal(0, 6, columns) / 10
    return np.clip(np.cumsum(steps, axis=0) - 40, -78, 0).astype(np.float32)


@pytest.fixture(scope="module")
def extension() -> BandwidthExtension:
    found = BandwidthExtension.learn(levels(seed) for seed in range(8))
    assert found is not None
    return found


class TestWhatIsHeard:
    def test_it_is_counted_to_the_highest_band(self):
        assert bandwidth(levels(0)) == BANDS
        assert bandwidth(lacking(levels(0))) == CUT
        assert bandwidth(np.full((BANDS, 9), -80, np.float32)) == 0

    def test_a_click_makes_no_band_heard(self):
        sound = lacking(levels(0))
        sound[:, 200:210] = 0
        assert bandwidth(sound) == CUT
        sound[:, 200:250] = 0
        assert bandwidth(sound) == BANDS

    @pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050])
    def test_of_real_sound_it_is_half_its_rate(self, album, rate):
        sound = soxr.resample(load_audio(album[5], rate=22050), 22050, rate)
        sound = np.round(sound * 32767) / 32767
        found = bandwidth(LogMel()(soxr.resample(sound, rate, 22050).astype(np.float32)))
        edges = LogMel().edges
        assert edges[found] <= rate / 2 <= edges[min(found + 4, BANDS + 1)]


class TestWhatIsExpected:
    def test_it_is_the_ridge_regression_of_the_bands_that_are_there(self, extension):
        met = np.concatenate([levels(seed) for seed in range(8)], axis=1)
        known = CUT - 2  # the edge itself may have been weakened
        ridge = Ridge(alpha=10 * met.shape[1]).fit(met[:known].T, met[known:].T)
        sound = levels(99)
        expected = ridge.predict(sound[:known].T).T.clip(-80, 0)
        extended = extension(lacking(sound))
        np.testing.assert_allclose(extended[CUT:], expected[2:], atol=0.05)
        at_the_edge = np.maximum(expected[:2], sound[known:CUT])
        np.testing.assert_allclose(extended[known:CUT], at_the_edge, atol=0.05)
        np.testing.assert_array_equal(extended[:known], sound[:known])

    def test_what_lacks_nothing_is_that_very_array(self, extension):
        for cut in (BANDS, BANDS - 3):  # much music has nothing at the very top
            sound = lacking(levels(3), cut)
            assert extension(sound) is sound

    def test_a_few_bands_tell_nothing(self, extension):
        for sound in (lacking(levels(3), 30), np.full((BANDS, 50), -80, np.float32)):
            assert extension(sound) is sound

    @given(
        arrays(np.float32, (BANDS, 12), elements=st.floats(-80, 0, width=32)),
        st.integers(0, BANDS),
    )
    def test_nothing_is_taken_away_and_the_range_is_kept(self, extension, sound, cut):
        sound = lacking(sound, cut)
        extended = extension(sound)
        assert extended.dtype == np.float32
        assert (extended >= sound).all()
        assert extended.max() <= max(0, sound.max())
        known = max(0, bandwidth(sound) - 2)
        np.testing.assert_array_equal(extended[:known], sound[:known])

    def test_of_real_music_it_is_nearer_than_silence_and_than_the_mean(self, data):
        folder = data / "gtzan-mel"
        sounds = [
            read_log_mel_image(path)
            for genre in ("blues", "jazz", "metal", "pop")
            for path in sorted((folder / genre).glob("*.png"))[:12]
        ]
        found = BandwidthExtension.learn(sounds[::2])
        errors = []
        for sound in sounds[1::2]:
            extended, truth = found(lacking(sound, 110)), sound[110:]
            guesses = extended[110:], np.full_like(truth, -80), found.mean[110:, None]
            errors.append([np.sqrt(np.square(guess - truth).mean()) for guess in guesses])
        ours, silence, mean = np.mean(errors, axis=0)
        assert ours < 0.7 * mean < silence


class TestLearning:
    def test_only_from_what_has_all_bands(self, extension):
        mixed = [each for seed in range(8) for each in (levels(seed), lacking(levels(seed + 50)))]
        found = BandwidthExtension.learn(mixed)
        np.testing.assert_array_equal(found.mean, extension.mean)
        np.testing.assert_array_equal(found.covariance, extension.covariance)
        assert BandwidthExtension.learn(mixed[1::2]) is None
        assert BandwidthExtension.learn([]) is None

    def test_it_is_numpys_covariance(self, extension):
        met = np.concatenate([levels(seed) for seed in range(8)], axis=1)
        np.testing.assert_allclose(extension.mean, met.mean(axis=1), rtol=1e-4)
        np.testing.assert_allclose(extension.covariance, np.cov(met, ddof=0), rtol=1e-3, atol=0.01)

    @pytest.mark.parametrize(
        ("mean", "covariance", "what"),
        [
            (np.zeros(3), np.eye(4), "have the shapes"),
            (np.zeros((3, 3)), np.eye(3), "have the shapes"),
            (np.zeros(0), np.eye(0), "have the shapes"),
            (np.array([0, np.nan]), np.eye(2), "no number"),
        ],
    )
    def test_arrays_must_fit(self, mean, covariance, what):
        with pytest.raises(ValueError, match=what):
            BandwidthExtension(mean, covariance)


@pytest.fixture
def bundle(tmp_path):
    """The default model, without what it expects and remembers."""
    known = read_bundle()
    path = tmp_path / "blend"
    write_blend(
        path, members=known.members, feature=LogMel(), outputs=known.outputs, about={"seed": 0}
    )
    return path


class TestInABundle:
    def test_it_comes_back_as_it_was(self, bundle, extension):
        assert read_extension(read_bundle(bundle)) is None
        extend_bundle(bundle, about={}, files={FILE: extension_file(extension)})
        verify_bundle(bundle)
        found = read_extension(read_bundle(bundle))
        np.testing.assert_array_equal(found.mean, extension.mean)
        assert extension_file(found) == extension_file(extension)

    def test_the_tagger_fills_what_is_lacking_and_nothing_else(self, bundle, extension, log_mels):
        whole = log_mels["metal"]
        part = lacking(whole)
        before = Classifier.load(bundle)
        extend_bundle(bundle, about={}, files={FILE: extension_file(extension)})
        after = Classifier.load(bundle)
        assert after.judge(whole) == before.judge(whole)
        assert after.judge(part) == before.judge(extension(part)) != before.judge(part)

    @pytest.mark.parametrize("content", [b"PK", None, np.eye(4)])
    def test_what_does_not_fit_is_told(self, bundle, content, tmp_path):
        if not isinstance(content, bytes):
            made = {"mean": np.zeros(3)} | ({} if content is None else {"covariance": content})
            np.savez(tmp_path / "x.npz", **made)
            content = (tmp_path / "x.npz").read_bytes()
        extend_bundle(bundle, about={}, files={FILE: content})
        with pytest.raises(BadBundle, match=r"bandwidth\.npz: cannot be used"):
            Classifier.load(bundle)

    def test_another_number_of_bands_is_told(self, bundle):
        small = BandwidthExtension(np.zeros(64), np.eye(64))
        extend_bundle(bundle, about={}, files={FILE: extension_file(small)})
        with pytest.raises(BadBundle, match="it has 64 bands, not 128"):
            Classifier.load(bundle)

    def test_damage_is_told(self, bundle, extension):
        extend_bundle(bundle, about={}, files={FILE: extension_file(extension)})
        (bundle / FILE).write_bytes(b"PK")
        with pytest.raises(BadBundle, match=r"bandwidth\.npz: damaged"):
            Classifier.load(bundle)
