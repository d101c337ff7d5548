"""The papers: `earmark reproduce KEY` runs one, with the paper's numbers beside ours.

One file per paper, named in `PAPERS`: its systems as recipes, its protocol, what it prints, and in
the docstring what it leaves open and what was guessed. `base` says what a paper is, `protocols`
divides tracks in the paper's way and without the leak, `running` trains and judges, `results` and
`figure` write what came of it. The contract tests in `tests/papers/test_contract.py` cover every
entry.
"""

from __future__ import annotations

from earmark.papers import cox2021, duthoit2018, liu2017, shah2016, yu2018
from earmark.papers.base import Paper as Paper

_ALL: tuple[Paper, ...] = (
    duthoit2018.PAPER,
    yu2018.PAPER,
    cox2021.PAPER,
    liu2017.PAPER,
    shah2016.PAPER,
)

PAPERS: dict[str, Paper] = {paper.key: paper for paper in _ALL}
"""Every paper by its key, in the order in which results are shown."""
