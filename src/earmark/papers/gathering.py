"""docs/results.md: what was written by hand, and all papers.

What is written by a command stands between two comments, which name it; the rest of the page is
kept as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from earmark.errors import EarmarkError
from earmark.papers.figure import systems_svg
from earmark.papers.results import read_results, write_bytes
from earmark.papers.tables import (
    HEAD,
    HOW_TO_READ,
    as_markdown,
    control_section,
    control_table,
    table,
)

REGION = "papers"
FIGURE = "systems.svg"


def gather(folder: Path, keys: Sequence[str]) -> Path:
    """Write the papers' region of the page that lies beside a folder of results, and its figure.

    Args:
        folder: of the papers' results, such as docs/results; the page is docs/results.md.
        keys: the papers, in the order in which they are shown.

    Returns:
        The page.

    Raises:
        EarmarkError: there are no results, one is damaged, or the page cannot be written.
        MissingExtra: matplotlib is not installed.
    """
    papers = [read_results(path) for key in keys if (path := folder / f"{key}.json").exists()]
    if not papers:
        raise EarmarkError(f"{folder}: holds no results; `earmark reproduce KEY` writes them")
    path = folder.with_suffix(".md")
    try:
        write_bytes(folder / FIGURE, systems_svg(papers))
        before = path.read_text(encoding="utf-8") if path.exists() else "# Results\n"
        after = with_region(before, REGION, _papers(papers, folder.name))
        write_bytes(path, after.encode("utf-8", "backslashreplace"))
    except OSError as error:
        where = error.filename or path
        raise EarmarkError(f"{where}: cannot be written: {error.strerror}") from error
    return path


def with_region(page: str, name: str, text: str) -> str:
    """A page with what stands between a region's comments replaced; at its end if it has none.

    Raises:
        EarmarkError: only one of the two comments is there.
    """
    begin, end = f"<!-- begin {name}: written by a command -->", f"<!-- end {name} -->"
    if (begin in page) != (end in page):
        raise EarmarkError(f"the page lacks one of {begin} and {end}")
    region = f"{begin}\n\n{text.strip()}\n\n{end}"
    if begin not in page:
        return f"{page.rstrip()}\n\n{region}\n"
    before, _, rest = page.partition(begin)
    return before + region + rest.partition(end)[2]


def _papers(papers: Sequence[Mapping[str, Any]], folder: str) -> str:
    parts = [
        ["## The papers"],
        ["Written by `earmark reproduce --gather`."],
        [HOW_TO_READ],
        [f"![Accuracy of every system: paper, naive, leak-free]({folder}/{FIGURE})"],
    ]
    for paper in papers:
        key = paper["paper"]
        parts += [
            [f"### {key}"],
            [f"{paper['citation']}. {paper['data']} [All about it]({folder}/{key}.md)."],
            as_markdown(HEAD, table(paper)),
        ]
    controls = [
        (f"{paper['paper']}: {title}", *cells)
        for paper in papers
        for title, *cells in control_table(paper)
    ]
    parts += control_section(controls, "###")
    return "\n\n".join("\n".join(part) for part in parts if part)
