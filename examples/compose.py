"""Render the example album: ten short pieces, composed in side_a.py and side_b.py.

    python examples/compose.py [--out DIR] [--soundfont FILE] [PIECE ...]

Each piece becomes General MIDI, is played by the fluidsynth command with a
soundfont, and is written as Ogg Opus. Needs fluidsynth, a General MIDI soundfont
and the Python packages mido, numpy and soundfile.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import numpy as np
    import soundfile as sf
    from numpy.typing import NDArray

    import side_a
    import side_b
    from score import Score
except ModuleNotFoundError as error:
    sys.exit(f"compose: {error.name} is missing; run: pip install mido numpy soundfile")

RATE = 48_000
PEAK = 10 ** (-1 / 20)  # -1 dBFS
FADE = 1.2  # seconds at the end
COMPRESSION = 0.89  # of libsndfile, 0 to 1: about 68 kbit/s for stereo Opus
SOUNDFONTS = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/default-GM.sf2",
    "/usr/share/soundfonts/FluidR3_GM.sf2",
    "/usr/share/soundfonts/default.sf2",
)

PIECES = {piece.__name__: piece for piece in (*side_a.PIECES, *side_b.PIECES)}

Audio = NDArray[np.float64]


class ComposeError(Exception):
    """A reason, fit to print, why the album cannot be rendered."""


def find_soundfont(given: Path | None) -> Path:
    """The soundfont to play with: the given one, or the system's."""
    if given is not None:
        if not given.is_file():
            raise ComposeError(f"there is no soundfont at {given}")
        with given.open("rb") as file:
            head = file.read(12)
        if head[:4] + head[8:] != b"RIFFsfbk":  # fluidsynth would quietly use another
            raise ComposeError(f"{given} is not a SoundFont 2 file")
        return given
    for candidate in map(Path, SOUNDFONTS):
        if candidate.is_file():
            return candidate
    raise ComposeError(
        "no General MIDI soundfont found; install one (Debian: apt install"
        " fluid-soundfont-gm) or name one with --soundfont FILE"
    )


def synthesise(score: Score, soundfont: Path, folder: Path) -> Audio:
    """Play a score through fluidsynth: samples by channels, unscaled."""
    midi, wav = folder / "piece.mid", folder / "piece.wav"
    score.midi().save(midi)
    command = ["fluidsynth", "-n", "-i", "-q", "-r", str(RATE), "-g", "0.35"]
    command += ["-o", "synth.reverb.room-size=0.45", "-o", "synth.reverb.level=0.7"]
    command += ["-T", "wav", "-O", "float", "-F", str(wav), str(soundfont), str(midi)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not wav.is_file():
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise ComposeError(f"fluidsynth failed: {lines[-1] if lines else 'no message'}")
    audio: Audio = sf.read(wav, dtype="float64", always_2d=True)[0]
    return audio


def master(audio: Audio, gain: float) -> Audio:
    """Trim the silence, round off the peaks, fade out and bring to -1 dBFS."""
    peak = float(np.abs(audio).max(initial=0.0))
    if peak == 0.0:
        raise ComposeError("fluidsynth played nothing; is the soundfont General MIDI?")
    heard = np.flatnonzero(np.abs(audio).max(axis=1) > peak * 0.02)
    begin = max(0, int(heard[0]) - RATE // 50)
    audio = audio[begin : int(heard[-1]) + 1] / peak
    if gain > 0:
        audio = np.tanh(audio * 10 ** (gain / 20))
    audio = audio - audio.mean(axis=0)
    fade = min(len(audio), int(FADE * RATE))
    audio[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade))[:, None] ** 2
    scaled: Audio = audio * (PEAK / np.abs(audio).max())
    return scaled


def write_opus(path: Path, audio: Audio, title: str, number: int) -> None:
    """Write Ogg Opus with its tags, lower where the coding has raised the peaks."""
    for _ in range(4):
        encode(path, audio, title, number)
        decoded = float(np.abs(sf.read(path)[0]).max())
        if decoded <= PEAK * 1.03:
            return
        audio = audio * (PEAK / decoded)


def encode(path: Path, audio: Audio, title: str, number: int) -> None:
    """Write Ogg Opus a second at a time; libsndfile may crash on a long write."""
    with sf.SoundFile(
        path,
        "w",
        RATE,
        audio.shape[1],
        format="OGG",
        subtype="OPUS",
        compression_level=COMPRESSION,
    ) as file:
        file.title = title
        file.artist = "Earmark"
        file.album = "Earmark Examples"
        file.tracknumber = str(number)
        file.license = "CC0-1.0"
        for start in range(0, len(audio), RATE):
            file.write(audio[start : start + RATE])


def render(name: str, soundfont: Path, out: Path) -> str:
    """Compose, play and write one piece; returns a line about it."""
    number = list(PIECES).index(name) + 1
    score = PIECES[name]()
    with tempfile.TemporaryDirectory() as folder:
        audio = master(synthesise(score, soundfont, Path(folder)), score.gain)
    path = out / f"{number:02d} {score.title}.opus"
    write_opus(path, audio, score.title, number)
    size = path.stat().st_size
    return f"{path.name}: {len(audio) / RATE:.1f} s, {size / 1024:.0f} KiB"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Render the example album.")
    parser.add_argument("--out", type=Path, default=here / "album", metavar="DIR")
    parser.add_argument("--soundfont", type=Path, metavar="FILE")
    parser.add_argument(
        "pieces", nargs="*", metavar="PIECE", help=f"any of: {', '.join(PIECES)} (default: all)"
    )
    options = parser.parse_args(arguments)
    try:
        for name in options.pieces:
            if name not in PIECES:
                raise ComposeError(f"no piece named {name!r}; there are: {', '.join(PIECES)}")
        if shutil.which("fluidsynth") is None:
            raise ComposeError("fluidsynth is missing; install it (Debian: apt install fluidsynth)")
        soundfont = find_soundfont(options.soundfont)
        options.out.mkdir(parents=True, exist_ok=True)
        for name in options.pieces or PIECES:
            print(render(name, soundfont, options.out), flush=True)
    except (ComposeError, OSError) as error:
        print(f"compose: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
