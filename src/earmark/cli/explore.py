"""`earmark explore`: a data set as a page of pictures, with the numbers beside it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from earmark.cli.messages import complain, say
from earmark.cli.output import try_to_write, write_text
from earmark.cli.progress import progress_bar
from earmark.crew import available_cores
from earmark.datasets import Kind, open_dataset, parse_data_option
from earmark.errors import MissingExtra

if TYPE_CHECKING:
    from earmark.features.base import Feature

STORES = Path("runs/features")
_NEEDED = ("sklearn", "umap", "scipy")


def run(
    dataset: str,
    *,
    out: Path,
    name: str | None,
    settings: Sequence[str],
    output: str | None,
    stores: Path | None,
    jobs: int | None,
) -> None:
    """Explore, write the page and its numbers, and end the process with the exit code."""
    opened = open_dataset(*parse_data_option(dataset))
    feature = _feature(opened.kind, name, settings)
    _check_extra()
    page, numbers = _make_room(out)
    from earmark.explore import explore
    from earmark.explore.collection import gather
    from earmark.explore.page import as_html

    with ExitStack() as bar:

        def progress(total: int) -> Callable[[], None]:
            return bar.enter_context(progress_bar(total, "features"))

        collection = gather(
            opened,
            feature,
            stores or STORES,
            output=output,
            jobs=jobs or available_cores(),
            progress=progress,
        )
    for track, reason in collection.failures.items():
        complain(f"{track}: {reason}")
    found = explore(collection, say=say)
    write_text(numbers, json.dumps(found.to_dict(), indent=1) + "\n")
    write_text(page, as_html(found))
    print(page)  # noqa: T201  (the result, on stdout)
    sys.exit(1 if collection.failures else 0)


def _feature(kind: Kind, name: str | None, settings: Sequence[str]) -> Feature:
    """What is asked for, or what serves files of this kind best."""
    from earmark.cli.feature_options import feature_of

    if name is None and kind == "image":
        return feature_of("grey-image", ["rows=72", "columns=108", *settings])
    return feature_of(name or "summary", settings)


def _check_extra() -> None:
    """Find out before the work whether the libraries are there.

    Raises:
        MissingExtra: one is not.
    """
    missing = [package for package in _NEEDED if find_spec(package) is None]
    if missing:
        raise MissingExtra(
            f"exploring needs the extra `explore` ({missing[0]} is missing): "
            "pip install 'earmark[explore]', or make dev in a clone"
        )


def _make_room(out: Path) -> tuple[Path, Path]:
    """The folder of the page, and what will lie in it; ends the command if that cannot be."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        complain(f"{out}: is a file; --out names the folder of the page")
        sys.exit(2)
    except OSError as error:
        complain(f"{out}: cannot be made: {error.strerror}")
        sys.exit(2)
    page, numbers = out / "index.html", out / "numbers.json"
    for path in (page, numbers):
        try_to_write(path)
    return page, numbers
