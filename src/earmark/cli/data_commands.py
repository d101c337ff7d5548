"""The commands of the data layer and their options; what each does stands in its own file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from earmark.cli.formats import Engine, GroupBy, StoredType

_DATASET = typer.Argument(
    metavar="NAME=DIR",
    help="A data set and where it lies; `earmark datasets` lists the names.",
    show_default=False,
)
_SET = typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the representation.")
_JOBS = typer.Option(min=1, metavar="N", help="Files worked on side by side; as many as cores.")


def features(
    file: Annotated[
        Path,
        typer.Argument(
            help="Audio, a stored log-mel, or a coloured picture of a spectrogram.",
            show_default=False,
        ),
    ],
    name: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="NAME",
            help="log-mel, linear-spectrogram, mfcc, gabor, periodogram, grey-image, colour-image, "
            "image-pair, slices; as vectors chroma, rhythm, mfcc-statistics, spectral-shape, "
            "harmonic-percussive, modulation, spectrotemporal, cepstral-covariance, and summary, "
            "which joins any of them.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE.npy|FILE.png|FILE.csv",
            help="An array (float32), a picture to look at, or a vector's numbers by name.",
            show_default=False,
        ),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a setting: f_max=8000, source=linear-spectrogram, source.bands=64.",
        ),
    ] = None,
) -> None:
    """Show any representation of one file.

    It becomes an array, a picture, or a table.

    Exit code 0: it was written. 1: the file cannot be read, or OUT not be written. 2: wrong use.
    """
    from earmark.cli.features import run

    run(file, name=name, settings=settings or [], out=out)


def extract(
    dataset: Annotated[str, _DATASET],
    out: Annotated[
        Path, typer.Option(metavar="STORE", help="Folder of the store.", show_default=False)
    ],
    name: Annotated[
        str, typer.Option("--features", metavar="NAME", help="The representation.")
    ] = "log-mel",
    settings: Annotated[list[str] | None, _SET] = None,
    dtype: Annotated[StoredType, typer.Option(help="How numbers are stored.")] = StoredType.FLOAT16,
    jobs: Annotated[int | None, _JOBS] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Do part I of N; `merge` joins the parts."),
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="Processes of this machine, or a Dask cluster.")
    ] = Engine.PROCESSES,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Of the Dask cluster; else a local one."),
    ] = None,
) -> None:
    """Extract a representation of all tracks.

    Once, to be read many times. Stop it at any moment, and the same command goes on.

    Exit code 0: every track is in the store. 1: some could not be read; the store says which and
    why. 2: wrong use.
    """
    from earmark.cli.extract import run

    run(
        dataset,
        out=out,
        name=name,
        settings=settings or [],
        dtype=dtype,
        jobs=jobs,
        shard=shard,
        engine=engine,
        scheduler=scheduler,
    )


def merge(
    parts: Annotated[list[Path], typer.Argument(metavar="PART...", show_default=False)],
    out: Annotated[
        Path, typer.Option(metavar="STORE", help="Folder of the store.", show_default=False)
    ],
) -> None:
    """Join the parts of a store into one.

    The parts are what `extract --shard` wrote; the store is what one process would have written.
    """
    from earmark.cli.extract import run_merge

    run_merge(parts, out=out)


def datasets(
    name: Annotated[
        str | None, typer.Argument(help="A data set to show or validate.", show_default=False)
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="The copy to validate.", show_default=False),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Validate by this index, not by the built-in one."),
    ] = None,
    write_index: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv", help="Write sizes and checksums of this copy, to check others by."
        ),
    ] = None,
    gather: Annotated[
        bool,
        typer.Option(
            "--gather", help="First note in DIR what only its files tell: magnatagatune's genres."
        ),
    ] = False,
) -> None:
    """List data sets, or validate a copy of one.

    Alone it lists what each offers; with NAME it shows one in full, with NAME and DIR it validates
    the copy there.

    Exit code 0: the copy is whole. 1: something is missing or doubtful. 2: wrong use.
    """
    from earmark.cli.datasets import run

    run(name, folder, index_path=index, new_index=write_index, gather=gather)


def split(
    dataset: Annotated[str, _DATASET],
    out: Annotated[Path, typer.Option(metavar="FILE.json", help="The split.", show_default=False)],
    by: Annotated[
        list[GroupBy] | None,
        typer.Option(
            help="What may not stand on two sides; may be given more than once. The artist, "
            "where the data set knows artists.",
        ),
    ] = None,
    sides: Annotated[
        str | None,
        typer.Option(
            metavar="NAME=SHARE,...",
            help="Names and shares of the sides; train=0.7,valid=0.15,test=0.15 if not said.",
        ),
    ] = None,
    folds: Annotated[
        int | None, typer.Option(min=2, metavar="K", help="K folds instead of sides.")
    ] = None,
    official: Annotated[bool, typer.Option("--official", help="The data set's own sides.")] = False,
    output: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The output whose labels are balanced and counted; the one that most tracks have.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Another seed, another split; 0 if not said.")
    ] = None,
    naive: Annotated[
        bool,
        typer.Option("--naive", help="As papers do: at random, whatever leaks. Counts the leaks."),
    ] = False,
    slices: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="With --naive: slices per track, free to cross."),
    ] = 1,
) -> None:
    """Say which track may stand where.

    It is written to a file that can be shared and verified. A file that is there and says
    something else is never overwritten: results may name it.

    Exit code 0: written, or there already. 2: wrong use.
    """
    from earmark.cli.split import run

    run(
        dataset,
        out=out,
        by=by or [],
        sides=sides,
        folds=folds,
        official=official,
        output=output,
        seed=seed,
        naive=naive,
        slices=slices,
    )


def doctor(
    datasets: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME=DIR...",
            help="Data sets, examined as one collection; `earmark datasets` lists the names.",
            show_default=False,
        ),
    ],
    split: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="A split to be checked; else the official sides."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write the report as a page, too.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Write all findings as JSON, too.")
    ] = None,
    jobs: Annotated[int | None, _JOBS] = None,
) -> None:
    """Find faults, duplicates and leaks.

    Data sets are examined as one: damaged files, duplicates, labels, and leaks of a split.

    Exit code 0: nothing leaks. 1: the split leaks. 2: wrong use.
    """
    from earmark.cli.doctor import run

    run(datasets, split=split, html=html, json_file=json, jobs=jobs)


def explore(
    dataset: Annotated[str, _DATASET],
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Folder of the page, index.html.", show_default=False),
    ],
    name: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME",
            help="The representation that is compared; summary if none.",
            show_default=False,
        ),
    ] = None,
    settings: Annotated[list[str] | None, _SET] = None,
    output: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Whose labels; the first output of the data set if none."
        ),
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where features are stored; runs/features if none."),
    ] = None,
    jobs: Annotated[int | None, _JOBS] = None,
) -> None:
    """See and hear what is in a data set; needs the extra `explore`.

    Writes a page that works offline: labels, maps by PCA, UMAP and LDA with how well each tells
    labels apart, correlations, spectra, examples to listen to, and outliers with the reason.

    Exit code 0: written. 1: written, but some tracks could not be read. 2: wrong use.
    """
    from earmark.cli.explore import run

    run(
        dataset,
        out=out,
        name=name,
        settings=settings or [],
        output=output,
        stores=features,
        jobs=jobs,
    )
