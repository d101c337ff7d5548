"""What the tests of the papers share: a made-up paper, and data in small."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from earmark.papers.base import PLAIN, Naive, Paper, Printed, System, merge

_IMAGE = {"feature": {"name": "grey-image", "rows": 16, "columns": 64}}
_CNN = {"channels": [4, 4, 4], "dense": 8}
_LSTM = {"units": [4, 4]}


def _system(kind: str, title: str, settings: dict, **more) -> System:
    recipe = {
        "model": {"name": f"duthoit-{kind}", "settings": settings},
        "training": {"epochs": 3, "batch": 8},
    }
    return System(
        key=kind,
        title=title,
        data=("gtzan-mel",),
        recipe=merge(PLAIN, _IMAGE, recipe),
        naive=Naive(judged=0.25),
        patience=2,
        **{"printed": (Printed(value=0.8, where="table 1"),), **more},
    )


@pytest.fixture(scope="session")
def made_up() -> Paper:
    """A paper with a CNN, an LSTM and their stack, all so small that they learn in a second."""
    return Paper(
        key="made-up",
        citation="A. Nobody, Nothing, 2000",
        data="GTZAN in small.",
        systems=(
            _system(
                "cnn",
                "CNN",
                _CNN,
                printed=(
                    Printed(value=0.8, where="table 1"),
                    Printed(where="not printed", metric="top5"),
                ),
            ),
            _system("lstm", "LSTM", _LSTM),
            _system(
                "stack", "both", {"cnn": _CNN, "lstm": _LSTM}, parts={"lstm": "lstm", "cnn": "cnn"}
            ),
        ),
        notes=("Nothing of this is true.",),
    )


@pytest.fixture(scope="session")
def faulty(miniature, tmp_path_factory) -> Path:
    """Six tracks that the fault filter leaves out, as the folder gtzan-mel-faulty holds them."""
    folder = tmp_path_factory.mktemp("data") / "gtzan-mel-faulty"
    rows = ["track,genre,split,n_frames,artist"]
    for i, genre in enumerate(("blues", "jazz", "pop", "rock", "metal", "disco")):
        (folder / genre).mkdir(parents=True)
        source = miniature / genre / f"{genre}.00000.png"
        shutil.copy(source, folder / genre / f"{genre}.00050.png")
        rows.append(f"{genre}.00050,{genre},faulty,334,{genre} band {i}")
    (folder / "tracks.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def small_emotify(album, tmp_path_factory) -> Path:
    """Emotify in its published layout: four clips by four artists in each of its genres."""
    folder = tmp_path_factory.mktemp("data") / "emotify"
    rows = [
        "path,genre,track_id,n_raters,amazement,solemnity,tenderness,nostalgia,calmness,power,"
        "joyful_activation,tension,sadness,start_seconds,duration_seconds,artist,album,title,"
        "magnatune_genre"
    ]
    sold = {"classical": ["Classical"], "electronic": ["Electronica", "Ambient"]}
    for g, genre in enumerate(("classical", "electronic", "pop", "rock")):
        (folder / genre).mkdir(parents=True)
        for i in range(4):
            shutil.copy(album[(2 * g + i) % 10], folder / genre / f"{i:03}.opus")
            named = sold.get(genre, ["Alternative Rock", "Electro Rock"])
            rows.append(
                f"{genre}/{i:03}.opus,{genre},{g * 4 + i},20,0.1,0.2,0.3,0.4,0.5,0.6,"
                f'0.{2 * i},0.05,0.25,15,30.0,{genre} band {i},"{genre}, {i}",Song,'
                f"{named[i % len(named)]}"
            )
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder
