"""Every paper from data to results, as small as can be."""

from __future__ import annotations

import json

import pytest

from earmark.papers import PAPERS


@pytest.mark.parametrize("key", PAPERS)
def test_every_paper_runs(key, miniature, small_emotify, tmp_path):
    """Its systems for an epoch, narrow, by the naive protocol."""
    from earmark.cli.reproduce import run

    data = [f"gtzan-mel={miniature}", f"emotify={small_emotify}"]
    systems = [
        system.key
        for system in PAPERS[key].systems
        if system.listed and not system.key.endswith(("-1", "-4"))  # the same, larger
    ]
    taken = {name for system in PAPERS[key].systems for name in system.data}
    with pytest.raises(SystemExit) as end:
        run(
            key,
            data=[option for option in data if option.partition("=")[0] in taken],
            only=systems,
            ways=["naive"],
            quick=True,
            seeds=None,
            epochs=1,
            runs=tmp_path,
            out=None,
            threads=1,
        )
    assert end.value.code == 0
    results = json.loads((tmp_path / "results" / f"{key}.json").read_text())
    assert all(row["measures"][0]["n"] for row in results["rows"])
