"""Two images of one track. What all representations share is in test_contract.py."""

from __future__ import annotations

import numpy as np
import pytest

from earmark.features import ColourImage, GreyImage, LinearSpectrogram, LogMel
from earmark.features.image_pair import ImagePair

SMALL = GreyImage(rows=36, columns=54)
LINEAR = GreyImage(source=LinearSpectrogram(), rows=36, columns=54)


def test_each_is_what_it_is_alone(song):
    waveform = song[: 5 * 22050, 0]
    pair = ImagePair(first=SMALL, second=LINEAR)(waveform)
    np.testing.assert_array_equal(pair[..., 0], SMALL(waveform))
    np.testing.assert_array_equal(pair[..., 1], LINEAR(waveform))


def test_a_stored_log_mel_gives_images_of_log_mels_only(log_mels):
    log_mel = log_mels["jazz"]
    with pytest.raises(ValueError, match="a log-mel gives no image of a linear-spectrogram"):
        ImagePair().from_log_mel(log_mel)
    mels = ImagePair(first=SMALL, second=GreyImage(source=LogMel(), rows=36, columns=54))
    pair = mels.from_log_mel(log_mel)
    np.testing.assert_array_equal(pair[..., 0], SMALL.from_log_mel(log_mel))
    assert pair.shape == mels.shape(27.5) == (36, 54, 2)


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (LogMel(), "must be grey images"),
        (ColourImage(rows=36, columns=54), "must be grey images"),
        (GreyImage(rows=54, columns=36), "as many rows and columns"),
        (GreyImage(source=LogMel(rate=16000, f_max=8000.0), rows=36, columns=54), "one sampling"),
    ],
)
def test_a_pair_that_is_none_is_refused(second, words):
    with pytest.raises(ValueError, match=words):
        ImagePair(first=SMALL, second=second)
