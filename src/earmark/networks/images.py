"""Clips as the images that convolutions read."""

from __future__ import annotations

import torch
from torch import Tensor


def as_image(clips: Tensor) -> Tensor:
    """Images of one channel [shape=(clips, 1, rows, columns)] of [shape=(clips, rows, columns)].

    In memory they are laid out channels last, and torch sees that they are. With one channel both
    layouts are the same bytes; `clips[:, None]` is then read as channels first, whatever it is
    asked to be, and the first convolution and its pooling take up to fourteen times as long.
    """
    return clips.contiguous()[..., None].permute(0, 3, 1, 2)


def channels_last(images: Tensor) -> Tensor:
    """The same images, laid out channels last and seen to be so."""
    if images.shape[1] == 1:
        return as_image(images[:, 0])
    return images.contiguous(memory_format=torch.channels_last)
