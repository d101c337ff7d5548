"""The command line: every command can be asked for alone, and stands among all of them."""

import subprocess
import sys

import pytest
import typer.main

from earmark.cli.app import _HOMES, command_line


def test_help_tells_of_every_command():
    assert list(typer.main.get_command(command_line([])).commands) == list(_HOMES)


@pytest.mark.parametrize("name", _HOMES)
def test_a_command_alone_is_what_it_is_among_others(name):
    (alone,) = typer.main.get_command(command_line([name, "--help"])).commands.values()
    among = typer.main.get_command(command_line(["--help"])).commands[name]
    assert alone.help == among.help
    assert [option.name for option in alone.params] == [option.name for option in among.params]
    assert getattr(alone, "commands", {}).keys() == getattr(among, "commands", {}).keys()


def test_the_tagger_imports_no_other_command():
    script = (
        "import sys\n"
        "from earmark.cli.app import command_line\n"
        "command_line(['tag'])\n"
        "print(*sorted(name for name in sys.modules if name.endswith('_commands')))\n"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert told.stdout.decode().split() == ["earmark.cli.track_commands"]
