"""Files that appear whole or not at all, and what is left of them when a process is killed."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_ABANDONED_SECONDS = 86_400  # where locks do not say who is alive: nobody wrote to it for a day


@contextmanager
def new_file(folder: Path, target: Path) -> Iterator[IO[bytes]]:
    """A file to write, which is moved to `target` when the block ends without an error.

    Until then it lies in `folder` under a name of its own and is locked. The system unlocks it when
    the process ends, however that happens, and so `sweep` knows.

    Raises:
        OSError: it cannot be written.
    """
    path, file = _locked(folder, target.name)
    with file:
        try:
            yield file
            file.flush()
            if fcntl is None:
                file.close()  # Windows moves no open file
            target.parent.mkdir(exist_ok=True)
            path.replace(target)
        except BaseException:
            with suppress(OSError):
                file.close()
            path.unlink(missing_ok=True)
            raise


def sweep(folder: Path) -> None:
    """Remove the unfinished files of processes that are no more."""
    for path in folder.iterdir():
        with suppress(OSError), path.open("rb+") as file:  # it may just have been finished
            locked = _lock(file)
            age_seconds = time.time() - path.stat().st_mtime
            if locked or (locked is None and age_seconds > _ABANDONED_SECONDS):
                if fcntl is None:
                    file.close()
                path.unlink()


def _locked(folder: Path, name: str) -> tuple[Path, IO[bytes]]:
    """A new file and its path."""
    while True:
        path = folder / f"{os.getpid()}-{secrets.token_hex(4)}-{name}"
        file = path.open("xb")
        # Between these two lines it may be swept; then there is no such path any more.
        if _lock(file) is not False and path.exists():
            return path, file
        file.close()


def _lock(file: IO[bytes]) -> bool | None:
    """Whether a file is now locked for us: False if it is for another, None without locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network disks have no locks
        return None
    return True
