"""What a recording sounds like, in small numbers that survive what copies go through.

Haitsma and Kalker (A highly robust audio fingerprinting system, ISMIR 2002) keep the signs of how
the difference between neighbouring bands changes over time. This is their idea on Earmark's stored
log-mel (128 Slaney bands, 77 ms columns), so that images and sound are compared by one method:

- bands are averaged in 25 groups, so that a speed change of 2 % (less than one band) stays within
  them, and smoothed over 0.9 s, so that it does not matter at which phase columns were taken;
- the change over 0.6 s of the difference of neighbouring groups is kept. A gain, and any fixed
  equalization, is a constant in dB and cancels;
- it is kept in 8 bits and not only as a sign, so that the same numbers find a copy (the 24 signs
  of a column are its *word*) and then verify it (by correlation, `earmark.doctor.matching`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from earmark.features import LogMel

Fingerprint = NDArray[np.int8]
"""Changes of differences in tenths of a dB [shape=(columns, WORD_BITS)]."""

Words = NDArray[np.uint32]

WORD_BITS = 24
SECONDS_PER_COLUMN = (
    LogMel().hop * LogMel().frames_per_column[0] / LogMel().frames_per_column[1] / LogMel().rate
)

_STEPS_PER_DB = 10
_GROUPS = np.linspace(4, 116, WORD_BITS + 2).round().astype(np.intp)  # 60 Hz to 7.6 kHz
_SMOOTH_COLUMNS = 11
_LAG_COLUMNS = 8
_BITS = np.uint32(1) << np.arange(WORD_BITS, dtype=np.uint32)


def take_fingerprint(log_mel: NDArray[np.float32]) -> Fingerprint:
    """The fingerprint of a log-mel in dB [shape=(128, columns)] of the default `LogMel`.

    It is 8 columns shorter than the log-mel; of a shorter one it is empty.
    """
    if log_mel.shape[1] < max(_SMOOTH_COLUMNS, _LAG_COLUMNS + 1):
        return no_fingerprint()
    sums = np.add.reduceat(log_mel, _GROUPS, axis=0)[:-1]
    groups = sums / np.diff(_GROUPS)[:, None]
    kernel = np.hanning(_SMOOTH_COLUMNS + 2)[1:-1]
    kernel /= kernel.sum()
    smooth = np.stack([np.convolve(group, kernel, "same") for group in groups])
    change = smooth[:, _LAG_COLUMNS:] - smooth[:, :-_LAG_COLUMNS]
    values = np.rint(np.diff(change, axis=0) * _STEPS_PER_DB)
    fingerprint: Fingerprint = np.clip(values, -127, 127).astype(np.int8).T.copy()
    return fingerprint


def no_fingerprint() -> Fingerprint:
    """That of a track that is too short for one, or was not heard."""
    return np.empty((0, WORD_BITS), np.int8)


def words(fingerprint: Fingerprint) -> Words:
    """The word of each column [shape=(columns,)]: bit k is set where value k is above zero."""
    packed: Words = ((fingerprint > 0) * _BITS).sum(axis=1, dtype=np.uint32)
    return packed


def likely_words(fingerprint: Fingerprint, weak_bits: int) -> Words:
    """The words that a copy may have in place of each column's [shape=(columns, 2 ** weak_bits)].

    They differ from it in some of the bits whose values lie nearest to zero, which are the first
    that an encoder turns over. The first is the column's own.
    """
    weakest = np.argsort(np.abs(fingerprint.astype(np.int16)), axis=1, kind="stable")[:, :weak_bits]
    masks = np.zeros((len(fingerprint), 1), np.uint32)
    for bit in range(weak_bits):
        masks = np.concatenate([masks, masks | _BITS[weakest[:, bit : bit + 1]]], axis=1)
    return words(fingerprint)[:, None] ^ masks
