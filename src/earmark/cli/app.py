"""The commands of `earmark`: where each one and its options stand, and the command line of them.

Typer builds every command that it is given, and for the tagger's start that takes as long as its
models: so only the one that is asked for is imported and built.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

_HOMES = {
    "tag": "track_commands",
    "evaluate": "evaluation_commands",
    "compare": "evaluation_commands",
    "train": "training_commands",
    "blend": "training_commands",
    "remember": "memory_commands",
    "features": "data_commands",
    "extract": "data_commands",
    "merge": "data_commands",
    "datasets": "data_commands",
    "split": "data_commands",
    "doctor": "data_commands",
    "explore": "data_commands",
    "forecast": "series_commands",
    "explain": "track_commands",
    "reproduce": "paper_commands",
    "study": "study_commands",
}


def command_line(arguments: Sequence[str]) -> typer.Typer:
    """The command line that can take these arguments.

    Of all commands, unless the first argument names one: then of that one.
    """
    app = typer.Typer(
        name="earmark",
        help=earmark.__doc__,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(earmark)
    asked = arguments[0] if arguments else ""
    for name in [asked] if asked in _HOMES else _HOMES:
        command = getattr(import_module(f"earmark.cli.{_HOMES[name]}"), name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"earmark {version('earmark')}")
        raise typer.Exit


def earmark(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print version."),
    ] = False,
) -> None:
    """Says what genre each track of a music folder has, offline, and how sure it is."""
