"""The command `earmark`. Each command is one file here and imports what it needs when it runs."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line; exit 0 when all went well, 1 when something failed, 2 on wrong use."""
    # Imports make many objects and no garbage: looking for it takes a thirtieth of a cold run.
    gc.set_threshold(50_000, 20, 20)
    try:
        code = _run()
    except KeyboardInterrupt:  # before a command was there to hear of it
        code = 130
    try:
        sys.stdout.flush()
    except OSError:
        code = code or 1
    sys.stderr.flush()
    # Nothing is left to be done, and taking onnxruntime and numpy down takes a tenth of a cold run.
    os._exit(code)


def _run() -> int:
    # One thread per process: files are judged side by side, and idle threads cost start-up time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from earmark.cli.app import command_line
    from earmark.cli.messages import complain, discard_stdout, prepare_streams
    from earmark.errors import (
        BadBundle,
        BadDataset,
        BadFeature,
        BadRecipe,
        BadRun,
        BadSplit,
        BadStore,
        EarmarkError,
    )

    prepare_streams()
    try:
        command_line(sys.argv[1:])(prog_name="earmark")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except (
        BadBundle,
        BadDataset,
        BadFeature,
        BadRecipe,
        BadRun,
        BadSplit,
        BadStore,
    ) as error:
        complain(str(error))
        return 2
    except EarmarkError as error:
        complain(str(error))
        return 1
    except BrokenPipeError:  # the reader of a pipe, such as head, has had enough
        discard_stdout()
        return 1
    return 0
