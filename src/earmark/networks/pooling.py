"""Layers of convolution and max pooling, run together and a few images at a time.

What a first convolution gives is many times larger than what pooling leaves of it: half a gigabyte
for a batch of `duthoit-cnn` at full resolution. Written to memory, read again, and written once
more as a gradient that is nearly all zeros, it costs more time than the convolution. Here a few
images at a time are convolved and pooled, so that what lies between stays in the processor's cache
and is forgotten; the gradient needs no more of it than the place of each maximum.

Batch normalization between the two (Ioffe and Szegedy 2015) is a line per channel that rises, or
falls where its weight is negative. With the signs of those channels turned before, it may follow
the pooling, where little is left to be normalized. It needs mean and variance of all that was
convolved; they are taken on the way, and their gradient reaches every cell:

    d/dy = d/dmean / cells + d/dvariance · 2 (y − mean) / cells + what the maxima got
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from earmark.networks.images import channels_last

CACHE_BYTES = 8 << 20
"""What is convolved at a time: of 4, 8, 16, … 128 MiB the fastest where it was tried. Of much more,
the C library gives memory back to the system, to take it anew at a page fault for every 4 KiB."""

LARGE_BYTES = 16 << 20
"""Up to here the images of a batch are convolved at once, which costs no such faults."""

SMALL_IMAGE = 20480
"""Values up to which torch gives an image that comes alone to a slower convolution."""


class Pooling(nn.Sequential):
    """Layers one after the other; on a processor convolution and max pooling run together.

    Function, layers and names are those of `nn.Sequential`, which runs elsewhere and is exported.
    Convolutions have neither dilation nor groups, and poolings no padding.

    Example:
        >>> import torch
        >>> layers = nn.Conv2d(1, 32, 3, padding=1), nn.MaxPool2d((2, 4)), nn.ReLU()
        >>> Pooling(*layers)(torch.zeros(2, 1, 72, 108)).shape
        torch.Size([2, 32, 36, 27])
    """

    def forward(self, images: Tensor) -> Tensor:
        """What the layers make of images [shape=(images, channels, rows, columns)]."""
        if images.device.type != "cpu" or torch.onnx.is_in_onnx_export():
            given: Tensor = super().forward(images)  # type: ignore[no-untyped-call]
            return given
        layers = list(self)
        while layers:
            together = _pooled(images, layers)
            images, layers = together or (layers[0](images), layers[1:])
        return images


def _pooled(images: Tensor, layers: Sequence[nn.Module]) -> tuple[Tensor, list[nn.Module]] | None:
    """What the first layers make of images, and the other layers; None if they run one by one."""
    norm: nn.BatchNorm2d | None
    match layers:
        case [nn.Conv2d() as convolution, nn.MaxPool2d() as pool, *left]:
            norm = None
        case [nn.Conv2d() as convolution, nn.BatchNorm2d() as found, nn.MaxPool2d() as pool, *left]:
            norm = found
        case _:
            return None
    half = torch.is_autocast_enabled("cpu")
    if norm is not None and (half or not norm.training):
        return None  # in half precision the layers by themselves are faster
    geometry = _geometry_of(convolution, pool)
    size = 4 * len(convolution.weight) * math.prod(geometry.convolved(images, convolution.weight))
    if len(images) * size <= LARGE_BYTES:
        return None
    fewest = 2 if images[0].numel() <= SMALL_IMAGE else 1
    count = max(fewest, CACHE_BYTES // size)
    if norm is not None:
        return _normed(images, convolution, norm, geometry, count), left
    kind = torch.get_autocast_dtype("cpu") if half else images.dtype
    bias = None if convolution.bias is None else convolution.bias.to(kind)
    maxima, _, _ = _Pooled.apply(  # type: ignore[no-untyped-call]
        images.to(kind), convolution.weight.to(kind), bias, geometry, count, False
    )
    return maxima, left


def _normed(
    images: Tensor, convolution: nn.Conv2d, norm: nn.BatchNorm2d, geometry: _Geometry, count: int
) -> Tensor:
    """Maxima of images convolved and normalized; moves the running statistics."""
    signs = torch.where(norm.weight < 0, -1.0, 1.0)
    kernels = convolution.weight * signs[:, None, None, None]
    bias = None if convolution.bias is None else convolution.bias * signs
    maxima, mean, variance = _Pooled.apply(  # type: ignore[no-untyped-call]
        images, kernels, bias, geometry, count, True
    )
    _follow(
        norm, signs * mean, variance, len(images) * math.prod(geometry.convolved(images, kernels))
    )
    scale = norm.weight.abs() / torch.sqrt(variance + norm.eps)
    shift = norm.bias - scale * mean
    return torch.addcmul(shift[:, None, None], maxima, scale[:, None, None])


@torch.no_grad()
def _follow(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor, cells: int) -> None:
    """Move the running statistics, as `norm` does itself."""
    running_mean, running_variance = norm.running_mean, norm.running_var
    assert running_mean is not None
    assert running_variance is not None
    assert norm.num_batches_tracked is not None
    assert norm.momentum is not None
    norm.num_batches_tracked.add_(1)
    running_mean.lerp_(mean, norm.momentum)
    running_variance.lerp_(variance * (cells / (cells - 1)), norm.momentum)


class _Geometry(NamedTuple):
    """How convolution and pooling step over images."""

    stride: tuple[int, ...]
    padding: tuple[int, ...]
    pooling: tuple[Any, ...]
    """As torch's own function wants it: size, stride, padding, dilation, whether parts count."""

    def convolved(self, images: Tensor, weight: Tensor) -> list[int]:
        """Rows and columns after convolution."""
        sizes = zip(images.shape[2:], weight.shape[2:], self.stride, self.padding, strict=True)
        return [(n + 2 * beyond - kernel) // step + 1 for n, kernel, step, beyond in sizes]


def _geometry_of(convolution: nn.Conv2d, pool: nn.MaxPool2d) -> _Geometry:
    size, step = (n if isinstance(n, tuple) else (n, n) for n in (pool.kernel_size, pool.stride))
    padding = convolution.padding
    assert isinstance(padding, tuple)  # a name such as "same" is nowhere used
    return _Geometry(convolution.stride, padding, (size, step, (0, 0), (1, 1), pool.ceil_mode))


class _Pooled(torch.autograd.Function):
    """Maxima of a convolution; if wanted, mean and variance of each channel before pooling."""

    @staticmethod
    def forward(
        ctx: Any,
        images: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        geometry: _Geometry,
        count: int,
        moments: bool,
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Maxima, means and variances, from `count` images at a time."""
        images = channels_last(images)
        maxima, places, maps, measured = [], [], [], []
        for some in torch.split(images, count):
            convolved = nn.functional.conv2d(some, weight, bias, *geometry[:2])
            found = torch.ops.aten.max_pool2d_with_indices(convolved, *geometry.pooling)
            maxima.append(found[0])
            places.append(found[1])
            if moments:
                maps.append(convolved)
                measured.append(torch.ops.aten.batch_norm_update_stats(convolved, None, None, 0))
        mean = variance = None
        if moments:
            means, variances = (torch.stack(found) for found in zip(*measured, strict=True))
            shares = means.new_tensor([len(some) / len(images) for some in maps])[:, None]
            mean = (shares * means).sum(0)
            variance = (shares * (variances + (means - mean).square())).sum(0)
        ctx.save_for_backward(images, weight, mean, *places, *maps)
        ctx.how = geometry, count, moments
        return torch.cat(maxima), mean, variance

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, of_maxima: Tensor, of_mean: Tensor | None, of_variance: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        """Gradients of images, weight and bias."""
        geometry, count, moments = ctx.how
        images, weight, mean, *kept = ctx.saved_tensors
        chunks = list(zip(torch.split(images, count), torch.split(of_maxima, count), strict=True))
        places, maps = kept[: len(chunks)], kept[len(chunks) :]
        rows, columns = geometry.convolved(images, weight)
        if moments:
            assert of_mean is not None
            assert of_variance is not None
            slope = of_variance * (2 / (len(images) * rows * columns))
            level = of_mean / (len(images) * rows * columns) - slope * mean
            # Repeated for each cell of a row: arrays as short as the channels take longer.
            slope, level = slope.repeat(columns), level.repeat(columns)
        parts = []
        for number, (some, above) in enumerate(chunks):
            # Without moments no more than the shape of what was convolved is read.
            shape = len(some), len(weight), rows, columns
            convolved = maps[number] if moments else _unwritten(shape, above)
            inner = torch.ops.aten.max_pool2d_with_indices_backward(
                above.contiguous(memory_format=torch.channels_last),
                convolved,
                *geometry.pooling,
                places[number],
            )
            if moments:
                _by_row(inner).addcmul_(_by_row(convolved), slope).add_(level)
            parts.append(_gradients(inner, some, weight, geometry, ctx.needs_input_grad[:3]))
        of_images, *others = zip(*parts, strict=True)
        into = torch.cat(of_images) if ctx.needs_input_grad[0] else None
        sums = (None if part[0] is None else sum(part) for part in others)
        return into, *sums, None, None, None


def _unwritten(shape: Sequence[int], like: Tensor) -> Tensor:
    return torch.empty(shape, dtype=like.dtype, memory_format=torch.channels_last)


def _by_row(maps: Tensor) -> Tensor:
    """Maps laid out channels last as [shape=(images, rows, columns · channels)]."""
    return maps.permute(0, 2, 3, 1).view(len(maps), maps.shape[2], -1)


def _gradients(
    inner: Tensor, images: Tensor, weight: Tensor, geometry: _Geometry, wanted: tuple[bool, ...]
) -> tuple[Tensor | None, ...]:
    """Gradients of a convolution's images, weight and bias, those that are wanted."""
    stride, padding, _ = geometry
    no_dilation, no_output_padding, one_group = (1, 1), (0, 0), 1
    found: tuple[Tensor | None, ...] = torch.ops.aten.convolution_backward(
        inner,
        images,
        weight,
        [len(weight)],
        stride,
        padding,
        no_dilation,
        False,
        no_output_padding,
        one_group,
        wanted,
    )
    return found
