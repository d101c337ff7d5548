"""`earmark features` as a user meets it: arrays, pictures that look right, and bad input."""

from __future__ import annotations

import csv
import os

import numpy as np
import pytest
from PIL import Image

from earmark.cli.feature_options import feature_of
from earmark.features import (
    FEATURES,
    ColourImage,
    Gabor,
    GreyImage,
    LogMel,
    Mfcc,
    Periodogram,
    Slices,
    SpectralShape,
    Summary,
)
from earmark.features.log_mel_image import read_log_mel_image
from earmark.sources import load_feature


@pytest.fixture(scope="module")
def features(earmark):
    """Run the command; gives the finished process, whose only message is one line on stderr."""

    def run(file, name, out, *settings, **options):
        sets = [part for setting in settings for part in ("--set", setting)]
        process = earmark("features", file, "--as", name, "--out", out, *sets, **options)
        assert process.stdout == ""
        assert process.stderr.count("\n") == 1, process.stderr
        return process

    return run


@pytest.fixture(scope="module")
def sound(write_sound, song, tmp_path_factory):
    return write_sound(tmp_path_factory.mktemp("sound") / "a.flac", song[: 8 * 44100], 44100)


@pytest.mark.parametrize("name", FEATURES)
def test_every_representation_as_a_picture(name, features, sound, tmp_path):
    process = features(sound, name, tmp_path / "a.png")
    assert process.returncode == 0, process.stderr
    shape = " × ".join(map(str, FEATURES[name]().shape(8.0)))
    assert f"a.png: {name} from sound, {shape}, values " in process.stderr
    picture = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    assert min(picture.shape[:2]) >= 96
    assert picture.std() > 10  # something can be seen
    assert list(tmp_path.iterdir()) == [tmp_path / "a.png"]


@pytest.mark.parametrize("name", ["log-mel", "mfcc", "colour-image", "slices"])
def test_as_an_array(name, features, sound, tmp_path):
    process = features(sound, name, tmp_path / "a.npy")
    assert process.returncode == 0, process.stderr
    array = np.load(tmp_path / "a.npy", allow_pickle=False)
    assert array.dtype == np.float32
    expected = load_feature(sound, "audio", FEATURES[name]())
    np.testing.assert_allclose(array, expected, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "settings", "first"),
    [
        ("chroma", [], "mean share,+0,"),
        ("summary", ['parts=["rhythm", "chroma"]'], "rhythm: onset strength,26 to 413 Hz,"),
    ],
)
def test_a_vector_as_a_table_of_named_numbers(name, settings, first, features, sound, tmp_path):
    process = features(sound, name, tmp_path / "a.csv", *settings)
    assert process.returncode == 0, process.stderr
    text = (tmp_path / "a.csv").read_text(encoding="utf-8")
    assert text.startswith(f"measure,entry,value\n{first}")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    feature = feature_of(name, settings)
    assert tuple(f"{row['measure']} {row['entry']}" for row in rows) == feature.names
    expected = load_feature(sound, "audio", feature)
    np.testing.assert_allclose([float(row["value"]) for row in rows], expected, atol=1e-3)


def test_settings_nested_ones_too(features, sound, tmp_path):
    settings = ["rows=60", "columns=80", "colour_map=viridis", "source.mel=htk", "source.bands=40"]
    process = features(sound, "colour-image", tmp_path / "a.npy", *settings)
    assert process.returncode == 0, process.stderr
    source = LogMel(frames_per_column=(1, 1), mel="htk", bands=40)
    image = ColourImage(rows=60, columns=80, colour_map="viridis", source=source)
    expected = load_feature(sound, "audio", image)
    np.testing.assert_allclose(np.load(tmp_path / "a.npy"), expected, atol=0.02)  # a colour apart


class TestSources:
    def test_a_log_mel_written_as_picture_is_a_stored_log_mel(self, features, sound, tmp_path):
        stored, image = tmp_path / "stored.png", tmp_path / "image.npy"
        assert features(sound, "log-mel", stored).returncode == 0
        log_mel = read_log_mel_image(stored)
        assert np.abs(log_mel - load_feature(sound, "audio", LogMel())).max() < 0.4
        process = features(stored, "grey-image", image)
        assert "grey-image from a stored log-mel, 288 × 432" in process.stderr
        np.testing.assert_allclose(np.load(image), GreyImage().from_log_mel(log_mel), atol=1e-5)

    def test_another_log_mel_is_not_taken_for_a_stored_one(self, features, sound, tmp_path):
        assert features(sound, "log-mel", tmp_path / "a.png", "f_max=8000").returncode == 0
        process = features(tmp_path / "a.png", "log-mel", tmp_path / "b.npy")
        assert process.returncode == 2
        assert "pictures of spectrograms" in process.stderr
        process = features(tmp_path / "a.png", "grey-image", tmp_path / "b.npy")
        assert process.returncode == 1
        assert "a.png: is grey" in process.stderr

    def test_a_coloured_picture_comes_back_to_the_pixel(self, features, sound, tmp_path):
        first, again = tmp_path / "first.png", tmp_path / "again.png"
        assert features(sound, "colour-image", first).returncode == 0
        process = features(first, "colour-image", again)
        assert "from a picture of a spectrogram" in process.stderr
        assert np.array_equal(np.asarray(Image.open(first)), np.asarray(Image.open(again)))

    @pytest.mark.parametrize("name", ["linear-spectrogram", "gabor", "periodogram"])
    def test_what_a_stored_log_mel_lacks_is_said(self, name, features, miniature, tmp_path):
        process = features(miniature / "pop" / "pop.00000.png", name, tmp_path / "a.npy")
        assert process.returncode == 2
        assert f"{name} cannot be had from log-mel images: " in process.stderr
        assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def low_then_high():
    """3 s of 200 Hz, then 3 s of 6 kHz."""
    seconds = np.arange(3 * 22050) / 22050
    tones = [np.sin(2 * np.pi * hertz * seconds) for hertz in (200, 6000)]
    return np.concatenate(tones).astype(np.float32)


class TestPictures:
    """What is drawn where; the pixels are computed in this process."""

    @staticmethod
    def picture(waveform, feature):
        from earmark.cli.feature_pictures import picture_of

        return picture_of(feature(waveform), feature)

    @pytest.mark.parametrize("feature", [LogMel(bands=64), GreyImage(), ColourImage(), Gabor()])
    def test_time_runs_right_and_frequency_up(self, feature, low_then_high):
        picture = self.picture(low_then_high, feature).astype(float)
        picture = picture.mean(axis=2) if picture.ndim == 3 else picture
        rows, columns = picture.shape
        left, right = picture[:, : columns // 3], picture[:, -columns // 3 :]
        assert left.mean(axis=1).argmax() > 0.85 * rows
        assert right.mean(axis=1).argmax() < 0.5 * rows

    def test_slices_stand_side_by_side(self, low_then_high):
        picture = self.picture(low_then_high, Slices())
        assert (picture == 255).all(axis=0).sum() == 4
        one = self.picture(low_then_high[: 3 * 22050], LogMel())
        np.testing.assert_array_equal(picture[:, : one.shape[1]], one)
        coloured = Slices(source=ColourImage(rows=72, columns=108))
        assert self.picture(low_then_high, coloured).shape == (72, 220, 3)

    def test_images_keep_their_pixels(self, low_then_high):
        for feature in (GreyImage(rows=72, columns=108), ColourImage(rows=10, columns=20)):
            pixels = self.picture(low_then_high, feature)[::-1]
            np.testing.assert_array_equal(pixels, np.rint(feature(low_then_high) * 255))

    def test_a_periodogram_is_a_filled_curve(self, low_then_high):
        picture = self.picture(low_then_high, Periodogram())
        assert picture.shape == (288, 432)
        heights = (picture == 255).sum(axis=0)
        assert abs(heights[:100].argmax() - 200 / 11025 * 432) < 3
        assert abs(100 + heights[100:].argmax() - 6000 / 11025 * 432) < 3
        assert (picture[-heights.max() :, heights.argmax()] == 255).all()

    def test_a_vector_is_bars_under_names(self, low_then_high):
        feature = SpectralShape()
        picture = self.picture(low_then_high, feature)
        assert picture.shape == (21 * 48, 432)
        mean, deviation = feature(low_then_high)[:2]
        centroid = picture[16:48]  # its mean, the highest, is drawn over the whole height
        assert (picture[:16] > 0).any()
        assert (centroid[:, 50] == 255).all()
        assert (centroid[:, 200] == 255).sum() == pytest.approx(32 * deviation / mean, abs=1)
        flatness = picture[16 + 48 * list(feature.table).index("flatness") :][:32]
        lit = flatness[:, [50, 200]] == 255
        assert lit[-1].tolist() == [True, False]  # its mean is below 0 dB, its deviation above
        assert lit[0].tolist() == [False, True]

    def test_few_rows_are_drawn_larger_each_in_its_range(self, low_then_high):
        picture = self.picture(low_then_high, Mfcc())
        assert len(picture) == 21 * 5
        assert (picture.max(axis=1) == 255).all()
        assert (picture.min(axis=1) == 0).all()

    def test_silence_can_be_drawn(self):
        for feature in (Mfcc(), LogMel(), Periodogram(), Slices(source=Mfcc()), Summary()):
            self.picture(np.zeros(4 * 22050, np.float32), feature)

    def test_too_large_a_picture_is_refused(self, monkeypatch, low_then_high):
        from earmark.errors import BadFeature

        monkeypatch.setattr("earmark.cli.feature_pictures._MOST_PIXELS", 1000)
        with pytest.raises(BadFeature, match=r"values are too many for a picture; write \.npy"):
            self.picture(low_then_high, LogMel())


class TestBadInput:
    @pytest.mark.parametrize(
        ("name", "out", "settings", "words"),
        [
            ("log-mle", "a.npy", [], "'log-mle'; did you mean 'log-mel'?"),
            ("log-mel", "a.npy", ["bnads=3"], "no setting 'bnads'; did you mean 'bands'?"),
            ("log-mel", "a.npy", ["bands=many"], "bands must be a whole number, not 'many'"),
            (
                "grey-image",
                "a.npy",
                ["source.bands=0"],
                "bands must be a whole number of at least 1",
            ),
            ("slices", "a.npy", ["source=slicse"], "'slicse'; did you mean 'slices'?"),
            ("log-mel", "a.wav", [], "a.wav: must end in .npy (an array), .png (a "),
            ("log-mel", "a", [], "must end in .npy"),
            ("mfcc", "a.csv", [], "a.csv: the numbers of mfcc have no names; write .npy"),
        ],
    )
    def test_wrong_use(self, name, out, settings, words, features, sound, tmp_path):
        process = features(sound, name, tmp_path / out, *settings)
        assert process.returncode == 2
        assert words in process.stderr
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("make", "words"),
        [
            (lambda path: None, "no such file"),
            (lambda path: path.write_text("Dear diary\n" * 99), "not audio, or damaged"),
            (lambda path: path.write_bytes(b""), "is empty"),
            (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50)), "damaged"),
            (lambda path: path.mkdir(), "is a folder"),
        ],
    )
    def test_files_that_cannot_be_read(self, make, words, features, tmp_path):
        path, out = tmp_path / "bad.mp3", tmp_path / "out.npy"
        make(path)
        out.write_bytes(b"what was there before")
        process = features(path, "grey-image", out)
        assert process.returncode == 1
        assert "bad.mp3" in process.stderr
        assert words in process.stderr
        assert out.read_bytes() == b"what was there before"
        assert {item.name for item in tmp_path.iterdir()} <= {"bad.mp3", "out.npy"}

    def test_too_short(self, features, write_sound, tmp_path):
        path = write_sound(tmp_path / "a.wav", np.zeros(22050, np.float32), 22050)
        process = features(path, "slices", tmp_path / "a.npy")
        assert process.returncode == 1
        assert "a.wav: too short: 1 s are too few for 3 s" in process.stderr

    def test_no_place_to_write(self, features, sound, tmp_path):
        process = features(sound, "log-mel", tmp_path / "missing" / "a.npy")
        assert process.returncode == 1
        assert "a.npy: cannot be written: No such file" in process.stderr

    @pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_that_may_not_be_written(self, features, sound, tmp_path):
        tmp_path.chmod(0o500)
        process = features(sound, "log-mel", tmp_path / "a.npy")
        assert process.returncode == 1
        assert "a.npy: cannot be written: Permission denied" in process.stderr

    def test_the_file_itself_is_not_overwritten(self, features, miniature, tmp_path):
        path = tmp_path / "a.png"
        path.write_bytes((miniature / "pop" / "pop.00000.png").read_bytes())
        before = path.read_bytes()
        process = features(path, "log-mel", path)
        assert process.returncode == 2
        assert "is the file that is read" in process.stderr
        assert path.read_bytes() == before

    def test_odd_names_stay_on_one_line(self, features, sound, tmp_path):
        if os.name != "posix":
            pytest.skip("such names are possible on POSIX systems alone")
        process = features(sound, "log-mel", "a\nb\udcff.npy", cwd=tmp_path, errors="replace")
        assert process.returncode == 0
        assert r"earmark: a\nb\udcff.npy: log-mel from sound" in process.stderr


def test_help_names_every_representation(earmark):
    text = " ".join(earmark("features", "--help").stdout.split())
    assert all(name in text for name in FEATURES)
