"""What the C library does with memory between two steps of a training."""

from __future__ import annotations

import ctypes
import platform

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # glibc's malloc.h
_NEVER = 2**31 - 1


def keep_freed_memory() -> None:
    """Let glibc keep what arrays leave for the next ones; elsewhere nothing is done.

    Else it gives arrays of more than 32 MiB back to the system after use and asks for them anew,
    and the system fills each page with zeros again: at every step, and for as long as convolving
    takes.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    library = ctypes.CDLL(None)
    library.mallopt(_MMAP_MAX, 0)
    library.mallopt(_TRIM_THRESHOLD, _NEVER)
