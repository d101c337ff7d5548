"""FMA: the three tables with every published column, both sizes beside them, sound as mp3."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

ALBUM = (
    "comments date_created date_released engineer favorites id information listens producer tags "
    "title tracks type".split()
)
ARTIST = (
    "active_year_begin active_year_end associated_labels bio comments date_created favorites id "
    "latitude location longitude members name related_projects tags website wikipedia_page".split()
)
TRACK = (
    "bit_rate comments composer date_created date_recorded duration favorites genre_top genres "
    "genres_all information interest language_code license listens lyricist number publisher tags "
    "title".split()
)
TRACK_COLUMNS = [
    *(("album", name) for name in ALBUM),
    *(("artist", name) for name in ARTIST),
    *(("set", name) for name in ("split", "subset")),
    *(("track", name) for name in TRACK),
]
ECHONEST = {
    "audio_features": "acousticness danceability energy instrumentalness liveness speechiness "
    "tempo valence",
    "metadata": "album_date album_name artist_latitude artist_location artist_longitude "
    "artist_name release",
    "ranks": "artist_discovery_rank artist_familiarity_rank artist_hotttnesss_rank "
    "song_currency_rank song_hotttnesss_rank",
    "social_features": "artist_discovery artist_familiarity artist_hotttnesss song_currency "
    "song_hotttnesss",
    "temporal_features": " ".join(f"{i:03}" for i in range(224)),
}
ECHONEST_COLUMNS = [
    ("echonest", kind, name) for kind, names in ECHONEST.items() for name in names.split()
]
TRACKS = [
    # id, subset, split, genre, genres, artist and its number, album and its number, valence
    (2, "small", "training", "Hip-Hop", "[21]", "AWOL", 1, "A Way Of Life", 1, 0.576661),
    (5, "small", "validation", "Hip-Hop", "[21, 100]", "AWOL", 1, "A Way Of Life", 1, 0.1),
    (1486, "medium", "training", "Rock", "[12]", "Simple", 70, "", -1, None),
    (133297, "small", "test", "Pop", "[10]", "Twin", 3, "Gold, Vol. 1", 9, 0.9),
    (140, "large", "training", "", "[21, 12]", "Twin", 4, "Niris", 61, None),
]


def make(folder: Path, images: Path, album: list[Path]) -> Path:
    metadata = folder / "fma_metadata"
    metadata.mkdir()
    _write_levels(metadata / "tracks.csv", TRACK_COLUMNS, [_track_row(*row) for row in TRACKS])
    rows = [_echonest_row(row[0], row[-1]) for row in TRACKS if row[-1] is not None]
    _write_levels(metadata / "echonest.csv", ECHONEST_COLUMNS, rows)
    (metadata / "genres.csv").write_text(
        "genre_id,#tracks,parent,title,top_level\n"
        "10,13845,0,Pop,10\n12,32923,0,Rock,12\n21,8389,0,Hip-Hop,21\n"
        "100,2,21,Alternative Hip-Hop,21\n",
        encoding="utf-8",
    )
    sound = _write_mp3(folder / "sound.mp3", album[0])
    for number, subset, *_ in TRACKS:
        for size in {"small": ["fma_small", "fma_medium"], "medium": ["fma_medium"]}.get(
            subset, ()
        ):
            path = folder / size / f"{number // 1000:03}" / f"{number:06}.mp3"
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(sound, path)
    sound.unlink()
    return folder


def _track_row(number, subset, split, genre, genres, artist, artist_id, album, album_id, _) -> dict:
    return {
        "track_id": number,
        ("album", "id"): album_id,
        ("album", "title"): album,
        ("album", "tags"): "[]",
        ("artist", "bio"): '<p>Has "quotes",\nand lines.</p>',
        ("artist", "id"): artist_id,
        ("artist", "name"): artist,
        ("set", "split"): split,
        ("set", "subset"): subset,
        ("track", "duration"): 168,
        ("track", "genre_top"): genre,
        ("track", "genres"): genres,
        ("track", "title"): f"Song {number}",
    }


def _echonest_row(number: int, valence: float) -> dict:
    names = ECHONEST["audio_features"].split()
    numbers = {("echonest", "audio_features", name): 0.5 for name in names}
    return {"track_id": number, **numbers, ("echonest", "audio_features", "valence"): valence}


def _write_levels(path: Path, columns: list[tuple[str, ...]], rows: list[dict]) -> None:
    """As pandas writes a table whose columns have several levels and whose index has a name."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for level in zip(*columns, strict=True):
            writer.writerow(["", *level])
        writer.writerow(["track_id", *("" for _ in columns)])
        for row in rows:
            writer.writerow([row["track_id"], *(row.get(column, "") for column in columns)])


def _write_mp3(path: Path, source: Path) -> Path:
    import soundfile

    from earmark import load_audio

    soundfile.write(path, load_audio(source, rate=44100, duration_seconds=1), 44100)
    return path
