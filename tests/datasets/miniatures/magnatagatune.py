"""MagnaTagATune: both tables with every published column, mp3 with the tags of its script."""

from __future__ import annotations

import csv
import os
from pathlib import Path

TAGS = [
    word.replace("_", " ")
    for word in (
        "no_voice singer duet plucking hard_rock world bongos harpsichord female_singing clasical "
        "sitar chorus female_opera male_vocal vocals clarinet heavy silence beats men woodwind "
        "funky no_strings chimes foreign no_piano horns classical female no_voices soft_rock eerie "
        "spacey jazz guitar quiet no_beat banjo electric solo violins folk female_voice wind happy "
        "ambient new_age synth funk no_singing middle_eastern trumpet percussion drum airy voice "
        "repetitive birds space strings bass harpsicord medieval male_voice girl keyboard acoustic "
        "loud classic string drums electronic not_classical chanting no_violin not_rock no_guitar "
        "organ no_vocal talking choral weird opera soprano fast acoustic_guitar electric_guitar "
        "male_singer man_singing classical_guitar country violin electro reggae tribal dark "
        "male_opera no_vocals irish electronica horn operatic arabic lol low instrumental trance "
        "chant strange drone synthesizer heavy_metal modern disco bells man deep fast_beat "
        "industrial hard harp no_flute jungle pop lute female_vocal oboe mellow orchestral viola "
        "light echo piano celtic male_vocals orchestra eastern old flutes punk spanish sad sax "
        "slow male blues vocal indian no_singer scary india woman woman_singing rock dance "
        "piano_solo guitars no_drums jazzy singing cello calm female_vocals voices different "
        "techno clapping house monks flute not_opera not_english oriental beat upbeat soft "
        "noise choir female_singer rap metal hip_hop quick water baroque women fiddle english"
    ).split()
]
INFO = (
    "clip_id track_number title artist album url segmentStart segmentEnd original_url mp3_path"
).split()
CATALOGUE = (
    "artist trackname albumname tracknum year mp3genre magnatunegenres seconds url buy home "
    "artistdesc bandphoto launchdate albumsku".split()
)
CLIPS = [
    # id, folder, artist, album, sku, number, title, start, tags
    (
        2,
        "f",
        "American Bach Soloists",
        "Cantatas",
        "abs-cantatas5",
        1,
        "Gleichwie",
        30,
        "choir|female voice",
    ),
    (
        6,
        "f",
        "American Bach Soloists",
        "Cantatas",
        "abs-cantatas5",
        1,
        "Gleichwie",
        59,
        "choral|female voice|woman",
    ),
    (10, "c", "American Bach Soloists", "Heroes", "abs-heroes", 1, "Aria", 0, "classical|violins"),
    (
        11,
        "0",
        "Burnshee Thornside",
        "Rock This Moon",
        "burnshee-moon",
        7,
        'Bang, "I" Shot Him',
        175,
        "rock",
    ),
    (12, "6", "Norine Braun", "Now and Zen", "norine-zen", 8, "Gently", 117, ""),
]
GENRES = {
    "abs-cantatas5": "Classical,Renaissance",
    "abs-heroes": "Baroque,Classical",
    "burnshee-moon": "Alt. Rock,Hard Rock",
    "norine-zen": "Electronic",
}


def make(folder: Path, images: Path, album: list[Path]) -> Path:
    import soundfile

    from earmark import load_audio

    annotations = [["clip_id", *TAGS, "mp3_path"]]
    info = [INFO]
    catalogue = [CATALOGUE]
    bare = folder / "bare.mp3"
    soundfile.write(bare, load_audio(album[0], rate=16000, duration_seconds=1), 16000)
    for clip_id, shard, artist, name, sku, number, title, start, tags in CLIPS:
        mp3 = f"{shard}/{'-'.join(map(_canonical, (artist, name)))}-{number:02}"
        mp3 += f"-{_canonical(title)}-{start}-{start + 29}.mp3"
        chosen = tags.split("|")
        annotations.append([clip_id, *(int(tag in chosen) for tag in TAGS), mp3])
        url = f"http://magnatune.com/artists/albums/{sku}/"
        original = f"http://he3.magnatune.com/all/{number:02}-{title}-{artist}.mp3"
        info.append([clip_id, number, title, artist, name, url, start, start + 29, original, mp3])
        row = dict.fromkeys(CATALOGUE, "") | {"artist": artist, "albumname": name, "albumsku": sku}
        catalogue.append(
            list((row | {"magnatunegenres": GENRES[sku], "trackname": title}).values())
        )
        (folder / shard).mkdir(exist_ok=True)
        comment = "This excerpt is for research purposes only."
        tags_of_file = {"title": title, "artist": artist, "album": name, "comment": comment}
        _write_tagged(folder / mp3, bare, tags_of_file)
    bare.unlink()
    _write(folder / "annotations_final.csv", annotations, "\t")
    _write(folder / "clip_info_final.csv", info, "\t")
    _write(folder / "song_info.csv", catalogue, ",")
    return folder


def _write_tagged(path: Path, bare: Path, tags: dict[str, str]) -> None:
    """The same sound with ID3 tags."""
    import av

    with av.open(os.fspath(bare)) as old, av.open(os.fspath(path), "w") as new:
        new.metadata.update(tags)
        stream = new.add_stream_from_template(old.streams.audio[0])
        for packet in old.demux(old.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)


def _canonical(text: str) -> str:
    kept = [c for c in text.casefold() if c.isalnum() or c == " "]
    return "".join(kept).replace(" ", "_")


def _write(path: Path, rows: list[list], delimiter: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(rows)
