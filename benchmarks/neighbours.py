"""Do neighbours sound alike? The embedding against the 15 nodes of `yu2018`, on Emotify.

python benchmarks/neighbours.py EMOTIFY [--run DIR] [--json]

EMOTIFY is the data set's folder; the run is what this leaves behind, five folds of the paper's
network, none of which has met the artists that it is asked about:

    earmark reproduce yu2018 --data emotify=EMOTIFY --only yu-cnn-39 --protocol leak-free

The embedding is learnt anew on the same folds, from the same tracks. Of each held-out track the ten
nearest of all others are looked at: of those by other artists the share of its own genre, and
whether one is by its artist. The paper proposes its vectors for this ("recommend songs whose
15-vectors lie close") and does not judge them. Shares, so larger is better: the ratio is ours over
theirs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from earmark.datasets import open_dataset
from earmark.evaluation.answers import read_answers
from earmark.networks import NETWORKS
from earmark.remembering.fitting import embedding
from earmark.remembering.gathering import SUMMARY, gather_music
from earmark.remembering.judging import nearest, unit
from earmark.training.checkpoints import read_checkpoint
from earmark.training.features import open_features
from earmark.training.folder import KEPT
from earmark.training.recipe import recipe_from_dict
from earmark.training.run import feature_of

RUN = Path("runs/papers/yu2018/emotify/yu-cnn-39/leak-free-s0")


def main() -> None:
    parser = argparse.ArgumentParser(description="The embedding against 15 nodes.")
    parser.add_argument("emotify", type=Path)
    parser.add_argument("--run", type=Path, default=RUN, help="of `earmark reproduce yu2018`")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    arguments = parser.parse_args()
    run: Path = arguments.run
    folds = sorted(run.glob("fold-*"))
    if not folds or not all((fold / KEPT).is_file() for fold in folds):
        parser.error(f"{run}: holds no folds with {KEPT}; the docstring says what makes them")
    dataset = open_dataset("emotify", arguments.emotify)
    stores = run.parents[3] / "features"
    music = gather_music([dataset], stores)
    classes, groups = music.classes(), music.groups
    mfcc = slice(0, len(SUMMARY.parts[0].names))
    found: dict[str, tuple[list[float], list[float]]] = {
        name: ([], []) for name in ("ours", "theirs", "MFCC")
    }
    for fold in folds:
        recipe = recipe_from_dict(json.loads((fold / "recipe.json").read_bytes()))
        slices = open_features(dataset, feature_of(recipe), stores, dtype=recipe.data.dtype)
        kept = read_checkpoint(fold / KEPT)["state_dict"]
        answers = read_answers(fold / "predictions.csv")
        outputs = {name: len(about.labels) for name, about in answers.items()}
        shape = slices.read(music.tracks[0].id).shape[1:]
        kind = NETWORKS[recipe.model.name]
        network = kind(shape, outputs, kind.Settings(**recipe.model.settings)).eval()
        network.load_state_dict(kept)
        judged = set(next(iter(answers.values())).tracks)
        asked = np.flatnonzero([track.id in judged for track in music.tracks])
        learnt = np.setdiff1d(np.arange(len(music.tracks)), asked)
        with torch.inference_mode():
            nodes = [
                network.embed(torch.from_numpy(slices.read(track.id).astype(np.float32)))
                .mean(dim=0)
                .numpy()
                for track in music.tracks
            ]
        mean, scale = music.vectors[learnt].mean(axis=0), music.vectors[learnt].std(axis=0)
        standard = (music.vectors - mean) / np.maximum(scale, 1e-6)
        places = {
            "ours": standard @ embedding(standard[learnt], classes[learnt], groups[learnt]),
            "theirs": np.array(nodes, np.float64),
            "MFCC": standard[:, mfcc],
        }
        for name, vectors in places.items():
            said = nearest(unit(vectors), asked, groups, classes)
            for shares, new in zip(found[name], said, strict=True):
                shares.extend(new)
    for number, what in enumerate(("same genre, by others", "same artist")):
        share = {name: round(float(np.mean(shares[number])), 3) for name, shares in found.items()}
        row = {
            "name": f"the ten nearest of Emotify: {what}",
            "ours": share["ours"],
            "theirs": share["theirs"],
            "MFCC statistics": share["MFCC"],
            "ratio": round(share["ours"] / share["theirs"], 2),
            "unit": "share",
            "target": 1.0,
        }
        print(json.dumps(row) if arguments.json else "  ".join(f"{k} {v}" for k, v in row.items()))


if __name__ == "__main__":
    main()
