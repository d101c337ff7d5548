"""FMA: both sizes lie in one folder."""

from __future__ import annotations

import runpy
from pathlib import Path

make = runpy.run_path(str(Path(__file__).with_name("fma_small.py")))["make"]
