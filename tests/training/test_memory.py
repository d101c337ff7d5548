"""Memory that large arrays leave is kept."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

CODE = """
import resource
import numpy as np
from earmark.training.memory import keep_freed_memory

if {keep}:
    keep_freed_memory()

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(40 << 20, np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
print(faults())
"""


def faults(keep: bool) -> int:
    """Pages that the system hands out for an array of 40 MiB, where there was one before."""
    command = [sys.executable, "-c", CODE.format(keep=keep)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="is about glibc")
def test_an_array_takes_the_place_of_the_one_before():
    assert faults(keep=True) < 100  # of 10,240; without it all of them, where pages are not huge


def test_elsewhere_nothing_is_done(monkeypatch):
    from earmark.training import memory

    monkeypatch.setattr(memory.platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(memory.ctypes, "CDLL", None)  # would fail if it were asked
    memory.keep_freed_memory()
