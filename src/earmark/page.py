"""HTML pages that need neither network nor script: the frame, the style and tables of them all.

Colours are those of Okabe and Ito (2008), which colour-blind people can tell apart, and never stand
alone. A page is a sequence of lines; whatever came from outside goes through `text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib import resources


def document(title: str, body: Iterable[str], *, styles: Sequence[tuple[str, str]] = ()) -> str:
    """A whole page.

    Args:
        title: of the page, as plain text; also its heading.
        body: what comes below the heading, as HTML.
        styles: further style sheets, each as package and file name.
    """
    sheets = [("earmark", "page.css"), *styles]
    style = "".join(resources.files(p).joinpath(f).read_text(encoding="utf-8") for p, f in sheets)
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>"
    )
    lines = [head, f"<h1>{text(title)}</h1>", *body, "</main>\n</body>\n</html>\n"]
    return "\n".join(lines)


def table(
    label: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, foot: Sequence[str] = ()
) -> Iterator[str]:
    """A table that scrolls sideways where it must; the first cell of a row is its heading.

    Args:
        label: what it holds, as plain text, for those who hear the page.
        heads: column titles, as HTML.
        rows: cells, as HTML.
        foot: cells of a last row that sums up.
    """
    yield f'<div class=wide tabindex=0 role=region aria-label="{text(label)}"><table>'
    yield "<thead><tr>" + "".join(f'<th scope="col">{h}</th>' for h in heads) + "</tr></thead>"
    yield "<tbody>"
    yield from (_row(row) for row in rows)
    yield f"</tbody>{f'<tfoot>{_row(foot)}</tfoot>' if foot else ''}</table></div>"


def _row(cells: Sequence[str]) -> str:
    first, *others = cells
    rest = "".join(f"<td>{cell}</td>" for cell in others)
    return f'<tr><th scope="row">{first}</th>{rest}</tr>'


def text(plain: str) -> str:
    """Text as HTML, with controls and bytes outside UTF-8 written out."""
    return escape(
        "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in plain)
    )
