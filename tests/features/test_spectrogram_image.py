"""Pictures as matplotlib draws them: colours turned back exactly, and refusals with a reason."""

from __future__ import annotations

import itertools

import librosa.display
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from PIL import Image

from earmark.errors import UnreadableImage
from earmark.features.colour_maps import colour_map
from earmark.features.image import ColourImage, GreyImage
from earmark.features.log_mel import LogMel
from earmark.features.spectrogram_image import KNOWN_MAPS, read_spectrogram_image

# Grey maps whose i-th colour is the byte i, as pcolormesh rounds and as imshow cuts.
BYTE_I = {
    "pcolormesh": ListedColormap([(i / 255,) * 3 for i in range(256)]),
    "imshow": ListedColormap([(min((i + 0.5) / 255, 1),) * 3 for i in range(256)]),
}


def draw(path, log_mel, drawn_by, cmap, *, axes="off", border=True, clear=False, dpi=72):
    """432 × 288 pixels, as notebooks draw and save figures by default."""
    figure = Figure(figsize=(6, 4), dpi=dpi)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(bottom=0.125)
    place = figure.add_subplot() if border else figure.add_axes((0, 0, 1, 1))
    if drawn_by == "pcolormesh":
        place.pcolormesh(log_mel, cmap=cmap)
    else:
        place.imshow(log_mel, cmap=cmap, aspect="auto", origin="lower", interpolation_stage="data")
    if axes == "off":
        place.axis("off")
    elif axes == "frame":
        place.set_xticks([])
        place.set_yticks([])
    figure.savefig(path, transparent=clear)
    return path


@pytest.fixture(scope="module")
def log_mel(log_mels):
    return log_mels["jazz"]


@pytest.fixture(scope="module")
def entries(log_mel, tmp_path_factory):
    """Which of the 256 colours stands where in the picture: drawn with byte i as the i-th."""
    folder = tmp_path_factory.mktemp("grey")
    result = {}
    for drawn_by, cmap in BYTE_I.items():
        path = draw(folder / f"{drawn_by}.png", log_mel, drawn_by, cmap)
        grey = np.asarray(Image.open(path))[..., 0]
        result[drawn_by] = grey[35:252, 54:389][::-1].astype(int)
    return result


@pytest.mark.parametrize("name", KNOWN_MAPS)
@pytest.mark.parametrize("drawn_by", BYTE_I)
def test_colours_are_turned_back_exactly(name, drawn_by, log_mel, entries, tmp_path):
    levels = read_spectrogram_image(draw(tmp_path / "a.png", log_mel, drawn_by, name))
    assert levels.dtype == np.float32
    ours, true = np.floor(levels * 256).astype(int), entries[drawn_by]
    assert ours.shape == true.shape == (217, 335)
    tables = colour_map(name)
    table = tables.rounded if drawn_by == "pcolormesh" else tables.cut
    np.testing.assert_array_equal(table[ours], table[true])
    spread = {"jet": 3, "viridis": 1}.get(name, 0)  # they have a colour four times, and twice
    assert np.abs(ours - true).max() <= spread


@pytest.mark.parametrize("axis", ["mel", None])
def test_as_librosa_draws_it(axis, log_mel, tmp_path):
    """The map is librosa's own choice; its mel axis stretches the lower bands."""
    figure = Figure(figsize=(6, 4), dpi=72)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(bottom=0.125)
    place = figure.add_subplot()
    librosa.display.specshow(log_mel, y_axis=axis, sr=22050, ax=place)
    place.axis("off")
    figure.savefig(tmp_path / "a.png")
    levels = read_spectrogram_image(tmp_path / "a.png")
    assert levels.shape == (217, 335)
    means = GreyImage(rows=32, columns=64).from_picture(levels)
    low, high = log_mel.min(), log_mel.max()
    true = GreyImage(rows=32, columns=64, source=LogMel()).from_log_mel(log_mel)
    true = (true * 80 - 80 - low) / (high - low)  # matplotlib paints from lowest to highest
    assert np.corrcoef(means.ravel(), true.ravel())[0, 1] > (0.98 if axis is None else 0.8)


@pytest.mark.parametrize(
    ("how", "shape"),
    [
        ({"border": False}, (288, 432)),
        ({"clear": True}, (217, 335)),
        ({"axes": "frame"}, (216, 334)),
        ({"dpi": 100}, None),
    ],
    ids=str,
)
@pytest.mark.parametrize("drawn_by", BYTE_I)
def test_other_borders(how, shape, drawn_by, log_mel, tmp_path):
    levels = read_spectrogram_image(draw(tmp_path / "a.png", log_mel, drawn_by, "magma", **how))
    assert shape is None or levels.shape == shape
    assert levels.min() < 0.01
    assert levels.max() > 0.9
    low, high = levels[: len(levels) // 8].mean(), levels[-len(levels) // 8 :].mean()
    assert low > high  # music has more of the low frequencies, and row 0 is the lowest


def test_the_same_map_and_size_give_the_same_pixels(log_mel, tmp_path):
    path = draw(tmp_path / "a.png", log_mel, "pcolormesh", "inferno", border=False)
    image = ColourImage(colour_map="inferno").from_picture(read_spectrogram_image(path))
    pixels = np.asarray(Image.open(path).convert("RGB"))
    np.testing.assert_array_equal(np.rint(image * 255)[::-1], pixels)


def test_without_opacity_and_in_a_palette(log_mel, tmp_path):
    path = draw(tmp_path / "a.png", log_mel, "pcolormesh", "magma")
    levels = read_spectrogram_image(path)
    picture = Image.open(path).convert("RGB")
    picture.save(tmp_path / "rgb.png")
    picture.save(tmp_path / "a.bmp")
    picture.quantize(256, dither=Image.Dither.NONE).save(tmp_path / "palette.png")
    np.testing.assert_array_equal(read_spectrogram_image(tmp_path / "rgb.png"), levels)
    np.testing.assert_array_equal(read_spectrogram_image(tmp_path / "a.bmp"), levels)
    np.testing.assert_array_equal(read_spectrogram_image(tmp_path / "palette.png"), levels)


def test_maps_share_a_few_colours_at_most():
    """Else a picture might be read in the wrong one of two maps."""
    for one, other in itertools.combinations(KNOWN_MAPS, 2):
        for ours, theirs in itertools.product(colour_map(one), colour_map(other)):
            same = (ours[:, None] == theirs[None]).all(axis=-1)
            assert same.sum() <= 6


def _drawn(change):
    """A picture in magma whose pixels are changed by a function before it is saved."""

    def make(path, log_mel):
        draw(path, log_mel, "pcolormesh", "magma")
        pixels = np.asarray(Image.open(path).convert("RGB")).copy()
        Image.fromarray(change(pixels)).save(path)

    return make


def _save(pixels):
    return lambda path, log_mel: Image.fromarray(pixels).save(path)


def _jpeg(path, log_mel):
    draw(path, log_mel, "pcolormesh", "magma")
    Image.open(path).convert("RGB").save(path, format="JPEG", quality=95)


def _resized(path, log_mel):
    draw(path, log_mel, "pcolormesh", "magma")
    Image.open(path).resize((216, 144), Image.Resampling.BILINEAR).save(path)


def _two_maps(path, log_mel):
    draw(path, log_mel, "pcolormesh", "viridis")
    left = np.asarray(Image.open(path)).copy()
    draw(path, log_mel, "pcolormesh", "magma")
    left[:, 200:] = np.asarray(Image.open(path))[:, 200:]
    Image.fromarray(left).save(path)


def _one_wrong_pixel(pixels):
    pixels[100, 100] = (1, 200, 3)
    return pixels


def _cut(path, log_mel):
    draw(path, log_mel, "pcolormesh", "magma")
    path.write_bytes(path.read_bytes()[:9000])


NOISE = np.random.default_rng(0).integers(0, 256, (288, 432, 3), np.uint8)
NO_MAP = r"its colours belong to no known colour map \(magma, viridis, inferno"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_save(NOISE), NO_MAP),
        (_jpeg, NO_MAP),
        (_resized, NO_MAP),
        (_two_maps, f"{NO_MAP}.*% of its pixels are in"),
        (_drawn(_one_wrong_pixel), f"{NO_MAP}.*100.0% of its pixels are in magma"),
        (lambda path, log_mel: draw(path, log_mel, "pcolormesh", "hot"), NO_MAP),
        (lambda path, log_mel: draw(path, log_mel, "pcolormesh", "magma", axes="on"), NO_MAP),
        (lambda path, log_mel: draw(path, log_mel, "pcolormesh", "gray"), "is grey"),
        (_save(NOISE[..., 0]), "is grey"),
        (_save(np.full((288, 432, 3), 255, np.uint8)), "next to nothing on its white"),
        (
            _save(np.pad(NOISE[:9, :9], ((50, 50), (50, 50), (0, 0)), constant_values=255)),
            "nothing",
        ),
        (_cut, "truncated|damaged"),
        (lambda path, log_mel: None, "no such file"),
        (lambda path, log_mel: path.write_bytes(b""), "damaged"),
        (lambda path, log_mel: path.write_text("not an image"), "damaged"),
        (lambda path, log_mel: path.mkdir(), "director"),
    ],
)
def test_what_cannot_be_turned_back_is_refused(make, words, log_mel, tmp_path):
    path = tmp_path / "a.png"
    make(path, log_mel)
    with pytest.raises(UnreadableImage, match=words) as caught:
        read_spectrogram_image(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_too_many_pixels_are_refused(tmp_path, monkeypatch, log_mel):
    monkeypatch.setattr("earmark.features.spectrogram_image._MOST_PIXELS", 1000)
    with pytest.raises(UnreadableImage, match="432 × 288 pixels: too many"):
        read_spectrogram_image(draw(tmp_path / "a.png", log_mel, "pcolormesh", "magma"))


def test_every_map_is_matplotlibs():
    assert set(KNOWN_MAPS) <= set(mpl.colormaps)
