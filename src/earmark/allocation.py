"""Having the C library keep the memory that large arrays leave, for the next ones.

Else glibc gives it back to the system and asks for it anew, and the system fills each page with
zeros again: file after file, step after step, and for as long as the work itself takes. Other C
libraries are left alone.
"""

from __future__ import annotations

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4  # glibc's malloc.h
_LARGE, _KEPT = 32 << 20, 64 << 20
_NEVER = 2**31 - 1

ENVIRONMENT = {"MALLOC_MMAP_THRESHOLD_": str(_LARGE), "MALLOC_TRIM_THRESHOLD_": str(_KEPT)}
"""What `keep_freed_memory` does, for the environment of a process that is yet to start."""


def keep_freed_memory(*, without_limit: bool = False) -> None:
    """Have this process keep freed memory.

    Args:
        without_limit: all of it, for training; else arrays of up to 32 MiB, and 64 MiB at most.
    """
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # other systems have none, or no such handle
        return
    if without_limit:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, _NEVER)
    else:
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _KEPT)
