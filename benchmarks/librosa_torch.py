"""The usual way to do what `earmark tag FILE` does: librosa, torch, one small network.

python benchmarks/librosa_torch.py FILE

The network is of the kind that the built-in model has three of for genre. It is not trained: its
answers mean nothing, and take as long.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import librosa
import numpy as np
import torch

from earmark.networks.stats_cnn import StatsCnn

BUNDLE = Path(__file__).parents[1] / "src" / "earmark" / "models" / "default"


def main(path: str) -> None:
    about = json.loads((BUNDLE / "bundle.json").read_text("utf-8"))["outputs"]["genre"]
    waveform, rate = librosa.load(path, sr=22050, duration=30)
    power = librosa.feature.melspectrogram(y=waveform, sr=rate)
    decibels = librosa.power_to_db(power, ref=np.max)
    decibels -= decibels.mean(axis=1, keepdims=True)
    column = np.arange(387)
    kept = ((column + 0.5) * decibels.shape[1] / 387.5).astype(int)
    network = StatsCnn((128, 387), {"genre": len(about["labels"])}, StatsCnn.Settings())
    network.eval()
    with torch.inference_mode():
        (logits,) = network(torch.from_numpy(decibels[:, kept])[None])
    probabilities = logits[0].softmax(dim=0).tolist()
    ranking = sorted(zip(about["labels"], probabilities, strict=True), key=lambda pair: -pair[1])
    print(path, ", ".join(f"{label} {probability:.0%}" for label, probability in ranking[:3]))


if __name__ == "__main__":
    main(sys.argv[1])
