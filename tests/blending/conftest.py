"""A small blend: two classical models on miniature data, whose runs take a moment each."""

from __future__ import annotations

from pathlib import Path

import pytest

VECTOR = """
[feature]
name = "mfcc-statistics"
[clips]
subtract_band_mean = false
[model]
name = "{model}"
"""

BLEND = """
[members.lda]
recipe = "lda.toml"
[members.knn]
recipe = "knn.toml"
seeds = [3]
[outputs.genre]
from = {lda = 3, knn = 1.0}
"""


@pytest.fixture(scope="session")
def recipes(tmp_path_factory) -> Path:
    """A folder with recipes of members, and a blend of them."""
    folder = tmp_path_factory.mktemp("blend")
    for name, model in (("lda", "lda"), ("knn", "k-nn")):
        (folder / f"{name}.toml").write_text(VECTOR.format(model=model), encoding="utf-8")
    (folder / "blend.toml").write_text(BLEND, encoding="utf-8")
    return folder
