"""Messages: one printable line on stderr, in colour only where that is wanted."""

import io
import os
import subprocess
import sys

import pytest

from earmark.cli.messages import coloured, complain, say, styled


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_colour_is_for_terminals():
    assert coloured(Terminal())
    assert not coloured(io.StringIO())


@pytest.mark.parametrize(
    ("name", "value", "colour"),
    [("NO_COLOR", "1", False), ("NO_COLOR", "", True), ("TERM", "dumb", False)],
)
def test_the_user_can_refuse_it(name, value, colour, monkeypatch):
    monkeypatch.setenv(name, value)
    assert coloured(Terminal()) == colour
    assert styled("a", "bold", Terminal()) == ("\x1b[1ma\x1b[0m" if colour else "a")


def test_messages_are_lines_on_stderr(capsys):
    say("done")
    complain("two\nlines \x1b[31m\udcff")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "earmark: done\nearmark: error: two\\nlines \\x1b[31m\\udcff\n"


def test_c_libraries_are_silent_and_messages_are_not():
    code = (
        "import os; from earmark.cli.messages import prepare_streams, say; prepare_streams();"
        "os.write(2, b'chatter of a decoder'); say('é \\udcff'); print('ü')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.stderr.replace(b"\r", b"") == b"earmark: \xc3\xa9 \xff\n"
    assert done.stdout.replace(b"\r", b"") == b"\xc3\xbc\n"
