"""Every container and codec gives back the music that went in, whole, in blocks and by seeking."""

import os

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from earmark import load_audio
from earmark.audio import AudioFile
from earmark.errors import UnreadableAudio
from earmark.files import AUDIO_SUFFIXES

LOSSLESS = [".wav", ".flac", ".aiff", ".aifc", ".au", ".caf", ".w64", ".rf64", ".mka"]
LOSSY = [".ogg", ".opus", ".mp3", ".m4a", ".aac", ".wma", ".webm"]
RATE_OF = {".opus": 48000, ".webm": 48000, ".mkv": 48000}


# Where a codec is decoded from the middle, its first frames differ a little; Matroska states
# times in milliseconds, and FFmpeg is two packets unsure where in a WMA file it is.
SLACK = {
    ".wav": (0, 0),
    ".flac": (0, 0),
    ".ogg": (0, 1e-6),
    ".mp3": (0, 1e-6),
    ".opus": (0, 0.02),
    ".m4a": (0, 0.1),
    ".aac": (0, 0.1),
    ".mka": (45, 0),
    ".mkv": (49, 0.1),
    ".webm": (49, 0.1),
    ".wma": (4500, 0.1),
}


def resampled(samples, rate, wanted):
    return samples if rate == wanted else soxr.resample(samples, rate, wanted, quality="HQ")


def lag_and_correlation(heard, wanted, most=4800):
    """By how many samples one sound comes after another, and how alike they are from there."""
    size = min(len(heard), len(wanted))
    length = 1 << (2 * size - 1).bit_length()
    spectrum = np.fft.rfft(heard[:size], length) * np.conj(np.fft.rfft(wanted[:size], length))
    across = np.fft.irfft(spectrum)
    lag = int(np.argmax(np.concatenate([across[-most:], across[: most + 1]]))) - most
    first, second = (heard[lag:], wanted) if lag >= 0 else (heard, wanted[-lag:])
    size = min(len(first), len(second))
    return lag, float(np.corrcoef(first[:size], second[:size])[0, 1])


@pytest.fixture(scope="module")
def long_sounds(song, write_sound, tmp_path_factory):
    """52 s that never repeat, by suffix."""
    folder = tmp_path_factory.mktemp("long")
    both = np.concatenate([song[:, 0], song[::-1, 1]])[:, None]
    suffixes = [".wav", ".flac", ".mp3", ".ogg", *RATE_OF, ".m4a", ".aac", ".wma", ".mka"]
    rates = {suffix: RATE_OF.get(suffix, 44100) for suffix in suffixes}
    return {
        suffix: write_sound(folder / f"long{suffix}", resampled(both, 44100, rate), rate)
        for suffix, rate in rates.items()
    }


class TestFormats:
    @pytest.mark.parametrize("suffix", LOSSLESS + LOSSY)
    def test_music_survives_the_codec(self, suffix, song, write_sound, tmp_path):
        rate = RATE_OF.get(suffix, 44100)
        stereo = resampled(song[: 44100 * 12], 44100, rate)
        path = write_sound(tmp_path / f"song{suffix}", stereo, rate)
        heard = load_audio(path, rate=rate)
        lag, correlation = lag_and_correlation(heard, stereo.mean(axis=1))
        if suffix in LOSSLESS:
            assert (len(heard), lag) == (len(stereo), 0)
            assert np.abs(heard - stereo.mean(axis=1)).max() < 1e-4
        else:
            assert correlation > 0.97
            assert abs(lag) / rate < 0.06  # encoders' delay
            assert len(heard) / rate == pytest.approx(12, abs=0.06)

    @pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
    def test_sound_of_a_video(self, suffix, song, write_sound, tmp_path):
        rate = RATE_OF.get(suffix, 44100)
        mono = resampled(song[: 44100 * 6, 0], 44100, rate)
        path = write_sound(tmp_path / f"film{suffix}", mono, rate, picture=True)
        lag, correlation = lag_and_correlation(load_audio(path, rate=rate), mono)
        assert correlation > 0.97
        assert abs(lag) / rate < 0.06

    @pytest.mark.parametrize("channels", range(1, 9))
    @pytest.mark.parametrize("suffix", [".wav", ".flac"])
    def test_channels_are_averaged(self, channels, suffix, song, write_sound, tmp_path):
        size = 44100 * 3
        parts = [song[i * 7919 :, i % 2][:size] for i in range(channels)]
        many = np.stack(parts, axis=1)
        heard = load_audio(write_sound(tmp_path / f"many{suffix}", many, 44100), rate=44100)
        assert np.abs(heard - many.mean(axis=1)).max() < 1e-4

    @pytest.mark.parametrize("channels", [1, 2, 3, 8])
    @pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff", ".au"])
    def test_sixteen_bits_become_the_floats_that_libsndfile_makes(
        self, channels, suffix, write_sound, tmp_path
    ):
        import soundfile

        random = np.random.default_rng(channels)
        samples = random.integers(-(1 << 15), 1 << 15, (30_000, channels)).astype(np.int16)
        samples[:2] = [[-(1 << 15)], [(1 << 15) - 1]]
        path = write_sound(tmp_path / f"a{suffix}", samples, 44100, subtype="PCM_16")
        floats, _ = soundfile.read(path, dtype="float32", always_2d=True)
        total = np.zeros(len(floats), np.float32)
        for channel in floats.T:
            total += channel
        assert (load_audio(path, rate=44100) == total * np.float32(1 / channels)).all()

    @pytest.mark.parametrize("channels", [6, 8])
    @pytest.mark.parametrize("suffix", [".m4a", ".opus"])
    def test_surround_by_ffmpeg(self, channels, suffix, song, write_sound, tmp_path):
        parts = [song[i * 7919 :, i % 2][: 44100 * 4] for i in range(channels)]
        parts[3] *= 0  # the low-frequency channel, which AAC strips of music
        many = np.stack(parts, axis=1)
        path = write_sound(tmp_path / f"surround{suffix}", many, 48000)
        with AudioFile(path) as file:
            assert file.channels == channels
            heard = file.read(rate=48000)
        lag, correlation = lag_and_correlation(heard, many.mean(axis=1))
        assert correlation > 0.95
        assert len(heard) == pytest.approx(len(many), abs=2048)
        assert abs(lag) < 2048

    @pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 32000, 48000, 96000, 192000])
    def test_every_rate_sounds_the_same(self, rate, song, write_sound, tmp_path):
        mono = song[: 44100 * 5, 0]
        path = write_sound(tmp_path / "rate.flac", resampled(mono, 44100, rate), rate)
        heard = load_audio(path, rate=22050)
        common = min(rate, 22050)  # what both rates can hold
        wanted = resampled(resampled(mono, 44100, common), common, 22050)
        lag, correlation = lag_and_correlation(heard, wanted)
        assert lag == 0
        assert correlation > 0.999
        assert len(heard) == pytest.approx(5 * 22050, abs=2)

    @pytest.mark.parametrize(
        "subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"]
    )
    def test_every_sample_format_of_wav(self, subtype, song, write_sound, tmp_path):
        path = write_sound(tmp_path / "a.wav", song[:44100, 0], 44100, subtype=subtype)
        coarse = subtype in {"PCM_U8", "ULAW", "ALAW"}
        error = np.abs(load_audio(path, rate=44100) - song[:44100, 0]).max()
        assert error < (0.05 if coarse else 1e-4)

    def test_suffixes_that_folders_are_searched_for(self):
        named = "wav flac ogg opus mp3 m4a aac wma aiff au webm mp4 mkv".split()
        assert {f".{name}" for name in named} <= AUDIO_SUFFIXES
        assert all(suffix == suffix.lower() for suffix in AUDIO_SUFFIXES)


class TestStretches:
    @pytest.mark.parametrize("start_seconds", [0.75, 26.0, 46.123])
    @pytest.mark.parametrize("suffix", SLACK)
    def test_seeking_equals_cutting(self, suffix, start_seconds, long_sounds):
        most_lag, most_error = SLACK[suffix]
        rate = RATE_OF.get(suffix, 44100)
        whole = load_audio(long_sounds[suffix], rate=rate)
        cut = load_audio(
            long_sounds[suffix], rate=rate, start_seconds=start_seconds, duration_seconds=4
        )
        wanted = whole[round(start_seconds * rate) :][: len(cut)]
        assert len(cut) == 4 * rate
        lag, correlation = lag_and_correlation(cut, wanted)
        assert abs(lag) <= most_lag
        assert correlation > 0.99
        if lag == 0:
            assert np.sqrt(np.mean((cut - wanted) ** 2)) <= most_error

    @pytest.mark.parametrize("suffix", [".flac", ".mp3", ".opus", ".m4a", ".webm", ".aac"])
    def test_blocks_join_to_what_read_gives(self, suffix, long_sounds):
        with AudioFile(long_sounds[suffix]) as file:
            blocks = list(file.blocks(rate=22050))
        assert len(blocks) > 2  # else the test shows nothing
        assert all(block.dtype == np.float32 and block.ndim == 1 for block in blocks)
        whole = load_audio(long_sounds[suffix])
        np.testing.assert_array_equal(np.concatenate(blocks), whole)
        assert len(whole) / 22050 == pytest.approx(52, abs=0.1)

    @pytest.mark.parametrize("suffix", [".flac", ".mp3", ".opus", ".m4a", ".aac"])
    def test_an_open_file_can_be_read_again(self, suffix, long_sounds):
        with AudioFile(long_sounds[suffix]) as file:
            first = file.read(rate=file.rate, duration_seconds=2)
            file.read(rate=file.rate, start_seconds=40, duration_seconds=1)
            again = file.read(rate=file.rate, duration_seconds=2)
        lag, correlation = lag_and_correlation(again, first)
        assert lag == 0
        assert correlation > 0.98  # AAC has noise of its own

    def test_the_end_shortens_a_stretch(self, long_sounds):
        path = long_sounds[".flac"]
        end = load_audio(path, start_seconds=50, duration_seconds=10)
        assert len(end) == pytest.approx(2 * 22050, abs=2)
        for suffix in (".flac", ".mp3", ".m4a"):
            assert len(load_audio(long_sounds[suffix], start_seconds=99, duration_seconds=1)) == 0

    @pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".wma"])
    def test_duration_is_stated(self, suffix, long_sounds):
        with AudioFile(long_sounds[suffix]) as file:
            assert file.duration_seconds == pytest.approx(52, abs=0.1)

    def test_length_of_bare_aac_is_not_guessed(self, long_sounds):
        """FFmpeg guesses it from the bit rate, seconds off; nobody should build on that."""
        with AudioFile(long_sounds[".aac"]) as file:
            assert file.duration_seconds is None

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        start=st.floats(0, 60, allow_nan=False),
        duration=st.one_of(st.none(), st.floats(0, 60, allow_nan=False)),
        suffix=st.sampled_from([".wav", ".flac", ".mp3"]),
    )
    @example(start=27.625, duration=None, suffix=".mp3")
    def test_any_stretch_equals_cutting(self, start, duration, suffix, long_sounds):
        path = long_sounds[suffix]
        whole = soundfile.read(path, dtype="float32")[0]
        first = round(start * 44100)
        last = None if duration is None else first + round(duration * 44100)
        cut = load_audio(path, rate=44100, start_seconds=start, duration_seconds=duration)
        assert len(cut) == len(whole[first:last])
        differ = np.abs(cut - whole[first:last]) > 1e-5
        # After a seek an mp3's first frames may lack what they borrow from frames before them.
        borrowing = 2500 if suffix == ".mp3" and first else 0
        assert not differ[borrowing:].any()


class TestResampling:
    @pytest.mark.parametrize("wanted", [8000, 16000, 22050, 48000])
    def test_equals_resampling_at_once(self, wanted, long_sounds):
        whole = soundfile.read(long_sounds[".flac"], dtype="float32")[0]
        at_once = soxr.resample(whole, 44100, wanted, quality="HQ")
        in_blocks = load_audio(long_sounds[".flac"], rate=wanted)
        assert len(in_blocks) == pytest.approx(len(at_once), abs=1)
        size = min(len(in_blocks), len(at_once))
        assert np.abs(in_blocks[:size] - at_once[:size]).max() < 1e-5

    def test_agrees_with_scipy(self, song, write_sound, tmp_path):
        signal = pytest.importorskip("scipy.signal")
        mono = song[:, 0]
        path = write_sound(tmp_path / "a.wav", mono, 44100, subtype="FLOAT")
        reference = signal.resample_poly(mono, 1, 2, window=("kaiser", 14.0))
        heard = load_audio(path, rate=22050)
        assert np.corrcoef(heard, reference[: len(heard)])[0, 1] > 0.999


class TestRefusals:
    def test_a_pipe_is_refused_and_not_waited_for(self, tmp_path):
        if not hasattr(os, "mkfifo"):
            pytest.skip("this system has no named pipes")
        os.mkfifo(tmp_path / "pipe.mp3")
        with pytest.raises(UnreadableAudio, match="not a regular file"):
            AudioFile(tmp_path / "pipe.mp3")

    def test_not_finite_samples(self, song, write_sound, tmp_path):
        for bad in (np.nan, np.inf):
            samples = song[:88200, 0].copy()
            samples[50_000] = bad
            path = write_sound(tmp_path / "bad.wav", samples, 44100, subtype="FLOAT")
            with pytest.raises(UnreadableAudio, match="not finite"):
                load_audio(path)

    def test_the_error_names_file_and_reason(self, tmp_path):
        with pytest.raises(UnreadableAudio) as caught:
            load_audio(tmp_path / "none.mp3")
        assert caught.value.path == tmp_path / "none.mp3"
        assert caught.value.reason == "no such file"
        assert str(caught.value) == f"{tmp_path / 'none.mp3'}: no such file"

    def test_a_name_with_a_null_byte(self):
        with pytest.raises(UnreadableAudio):
            load_audio("a\0b.mp3")

    @pytest.mark.parametrize("seed", range(20))
    @pytest.mark.parametrize("suffix", [".mp3", ".flac", ".m4a", ".ogg", ".wma", ".wav"])
    def test_damage_anywhere_is_read_or_refused(
        self, seed, suffix, song, write_sound, tmp_path_factory
    ):
        """Overwritten bytes, at real files: anything but sound or an `UnreadableAudio` is a bug."""
        folder = tmp_path_factory.getbasetemp() / "damage"
        folder.mkdir(exist_ok=True)
        source = folder / f"whole{suffix}"
        if not source.exists():
            write_sound(source, song[: 44100 * 4], 44100)
        random = np.random.default_rng(seed)
        content = np.frombuffer(source.read_bytes(), np.uint8).copy()
        places = random.integers(0, len(content) if seed % 2 else 400, 30)
        content[places] = random.integers(0, 256, 30)
        path = folder / f"damaged{suffix}"
        path.write_bytes(content.tobytes())
        try:
            heard = load_audio(path)
        except UnreadableAudio:
            return
        assert heard.dtype == np.float32
        assert np.isfinite(heard).all()
        assert len(heard) < 22050 * 3600
