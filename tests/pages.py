"""What stands on an HTML page, for the tests of all that write one."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = {"meta", "img", "br"}
_FOREIGN = {"script", "link", "iframe", "object", "img", "image", "use"}


class Page(HTMLParser):
    """A page, parsed; fails where tags do not match.

    Attributes:
        tags: each tag with its attributes, in the order of the page.
        words: pieces of text, without those of styles and scripts.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in {"style", "script"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        """All words."""
        return " ".join(self.words)

    def attributes(self, name: str) -> list[str]:
        """Every value of an attribute."""
        return [str(attributes[name]) for _, attributes in self.tags if name in attributes]

    def needs_nothing_but_itself(self) -> bool:
        """Whether it has neither script nor picture nor link that leads elsewhere."""
        outside = self.attributes("src") + self.attributes("href")
        return not ({tag for tag, _ in self.tags} & _FOREIGN or outside)
