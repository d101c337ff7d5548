"""Results to where they are wanted: the screen or a file, with a plain line when that fails."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from earmark.cli.messages import complain, discard_stdout


def try_to_write(path: Path | None) -> None:
    """End the command if a file that it shall write at its end cannot be written.

    What was not there before is not there afterwards either, should the work fail.
    """
    if path is None:
        return
    try:
        there = os.path.lexists(path)
        path.open("a", encoding="utf-8").close()
        if not there:
            path.unlink()
    except OSError as error:
        complain(f"{path}: cannot be written: {error.strerror}")
        sys.exit(2)


def write_text(path: Path, text: str) -> None:
    """Write a file, or end the command; what UTF-8 does not have is written out."""
    try:
        path.write_text(text, encoding="utf-8", newline="\n", errors="backslashreplace")
    except OSError as error:
        complain(f"{path}: cannot be written: {error.strerror}")
        sys.exit(2)


def write_result(text: str, out: Path | None) -> None:
    """Write what a command yields to the screen, or to a file where one was named."""
    try:
        if out is None:
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            out.write_text(text, encoding="utf-8")
    except BrokenPipeError:
        raise
    except OSError as error:
        complain(f"{out or 'output'}: cannot be written: {error.strerror}")
        if out is None:
            discard_stdout()
        sys.exit(1)
