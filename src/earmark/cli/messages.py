"""What the commands say to people: messages on stderr, odd names made printable, streams."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO


def prepare_streams() -> None:
    """Write UTF-8 everywhere, and keep C libraries from chattering over our messages.

    Decoders print warnings of their own straight to file descriptor 2. It is pointed at nothing;
    Python's stderr goes on through a copy.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    try:
        copy = os.dup(2)
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.close(null)
    except OSError:
        return  # no stderr at all
    sys.stderr = os.fdopen(copy, "w", encoding="utf-8", errors="surrogateescape", buffering=1)


def discard_stdout() -> None:
    """Send what is still to be written to stdout nowhere, once it has turned out unwritable."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def complain(text: str) -> None:
    """One line on stderr."""
    say(f"{styled('error:', 'red', sys.stderr)} {printable(text)}")


def say(text: str) -> None:
    """One line on stderr."""
    print(f"earmark: {text}", file=sys.stderr)


def printable(text: str | Path) -> str:
    r"""Text for a screen: line breaks, controls and bytes outside UTF-8 as \n, \x1b and \udcff."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))


def coloured(stream: TextIO) -> bool:
    """Whether a stream wants colour: a terminal, and the user did not say NO_COLOR."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def styled(text: str, style: str, stream: TextIO) -> str:
    """Text in a style, where the stream wants colour."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if coloured(stream) else text
