"""Memory that large arrays leave is kept."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys

import pytest

from earmark.allocation import keep_freed_memory

CODE = """
import resource
import numpy as np
from earmark.allocation import keep_freed_memory

keep_freed_memory(without_limit={without_limit})

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones({size}, np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
print(faults())
"""


def faults(mebibytes: int, *, without_limit: bool) -> int:
    """Pages that the system hands out for an array of that size, where there was one before."""
    code = CODE.format(size=mebibytes << 20, without_limit=without_limit)
    command = [sys.executable, "-c", code]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="is about glibc")
@pytest.mark.parametrize(("mebibytes", "without_limit"), [(24, False), (40, True)])
def test_an_array_takes_the_place_of_the_one_before(mebibytes, without_limit):
    # of 6,144 and 10,240; else all of them, where pages are not huge
    assert faults(mebibytes, without_limit=without_limit) < 100


@pytest.mark.parametrize("error", [OSError, AttributeError, TypeError])
def test_elsewhere_nothing_is_done(monkeypatch, error):
    def no_handle(_):
        raise error

    monkeypatch.setattr(ctypes, "CDLL", no_handle)
    keep_freed_memory()
    keep_freed_memory(without_limit=True)
