"""What the tests share: the example album, the data beside the project, the command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("EARMARK_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def album() -> list[Path]:
    """The ten rendered pieces of examples/album."""
    return sorted((ROOT / "examples" / "album").glob("*.opus"))


@pytest.fixture(scope="session")
def data() -> Path:
    """The real data; a test that asks for it is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"the real data is not at {DATA} (EARMARK_DATA can say where it is)")
    return DATA


@pytest.fixture(scope="session")
def earmark():
    """Run the command in a process of its own; gives the finished process, output as text."""

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "earmark", *map(str, arguments)]
        settings = {"capture_output": True, "encoding": "utf-8", "timeout": 120, **options}
        return subprocess.run(command, check=False, **settings)

    return run
