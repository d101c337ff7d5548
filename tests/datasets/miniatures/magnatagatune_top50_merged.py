"""MagnaTagATune, as it is."""

from __future__ import annotations

import runpy
from pathlib import Path

make = runpy.run_path(str(Path(__file__).with_name("magnatagatune.py")))["make"]
