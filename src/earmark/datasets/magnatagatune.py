"""MagnaTagATune: 25,863 clips of 29 s with 188 tags that players of a game gave them.

As published, `mp3.zip.001` to `003`, joined, unpack to 16 folders, and two tables lie beside them,
with tabs between the cells:

    annotations_final.csv   clip_id, 188 tags (0 or 1), mp3_path
    clip_info_final.csv     clip_id, track_number, title, artist, album, url, segmentStart,
                            segmentEnd, original_url, mp3_path
    0/*.mp3 … f/*.mp3       mono, 16 kHz, 32 kbit/s

Most papers train on the folders 0 to b, choose on c and test on d to f (S. Dieleman and
B. Schrauwen, End-to-end learning for music audio, ICASSP 2014): that is `Track.split`. The script
that cut the clips (`cut_clips.py`, published with them) took as folder the last hex digit of a hash
of the album, so that clips of an album, and so of a song, share one; an artist's albums do not, and
artists therefore stand on more than one side. `notes` counts both in the copy at hand.

The genre is the one of `duthoit2018`'s ten that Magnatune gave the album, from its catalogue (see
`magnatune`) put into the folder, or else from the files' own genre tags, the most frequent of an
album. Those are read once, by `gather`, into `file_genres.csv`. The script that cut the clips wrote
title, artist, album and comment, and no genre: expect little of the published files' tags.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import compress
from pathlib import Path
from typing import ClassVar, NamedTuple

from earmark.datasets.base import Dataset, Group, Track, read_csv
from earmark.datasets.magnatagatune_tags import TOP_50, merge_tags, top_tags
from earmark.datasets.magnatune import (
    CATALOGUES,
    elect_genres,
    name_key,
    read_catalogue,
    sku_key,
)
from earmark.datasets.tables import read_columns, read_rows
from earmark.errors import BadDataset
from earmark.sources import Kind

_SIDES = {**dict.fromkeys("0123456789ab", "train"), "c": "valid", **dict.fromkeys("def", "test")}
_EMPTY = frozenset(
    {
        "6/norine_braun-now_and_zen-08-gently-117-146.mp3",
        "8/jacob_heringman-josquin_des_prez_lute_settings-19-gintzler__pater_noster-204-233.mp3",
        "9/american_baroque-dances_and_suites_of_rameau_and_couperin-25-le_petit_rien_xiveme_ordre"
        "_couperin-88-117.mp3",
    }
)
"""Files that hold no byte in the published archive."""

_FILE_GENRES = "file_genres.csv"
_INFO = "clip_id track_number title artist album url segmentStart segmentEnd".split()


class _Annotation(NamedTuple):
    """A row of annotations_final.csv."""

    clip_id: str
    tags: tuple[str, ...]
    path: str


class _Clip(NamedTuple):
    """A row of clip_info_final.csv."""

    track_number: str
    title: str
    artist: str
    album: str
    url: str
    seconds: float


class MagnaTagATune(Dataset):
    """MagnaTagATune with all 188 tags, exactly as its table spells them."""

    name: ClassVar[str] = "magnatagatune"
    kind: Kind = "audio"
    summary: ClassVar[str] = "MagnaTagATune: 25,863 clips of 29 s, 188 tags, Magnatune's genres"
    has_tags: bool = True
    groups: tuple[Group, ...] = ("artist", "album", "recording")
    checksums: ClassVar[Mapping[str, str]] = {
        "annotations_final.csv": "md5:f04fa01752a8cc64f6e1ca142a0fef1d",
        "clip_info_final.csv": "md5:03ef3cb8ddcfe53fdcdb8e0cda005be2",
        "mp3.zip.001": "md5:179c91c8c2a6e9b3da3d4e69d306fd3b",
        "mp3.zip.002": "md5:acf8265ff2e35c6ff22210e46457a824",
        "mp3.zip.003": "md5:582dc649cabb8cd991f09e14b99349a5",
    }
    citation: ClassVar[str] = (
        "E. Law, K. West, M. Mandel, M. Bay and J. S. Downie, Evaluation of algorithms using "
        "games: The case of music tagging, 10th International Society for Music Information "
        "Retrieval Conference, 2009"
    )
    licence: ClassVar[str] = (
        "Creative Commons Attribution-NonCommercial-ShareAlike 3.0; the recordings: Magnatune's, "
        "Attribution-NonCommercial-ShareAlike 1.0"
    )
    layout: ClassVar[str] = (
        "annotations_final.csv, clip_info_final.csv, the mp3 in 0 … f (or in mp3/0 … f); for "
        "genres, Magnatune's song_info.csv or sqlite_normalized.db"
    )
    source: ClassVar[str] = "https://mirg.city.ac.uk/codeapps/the-magnatagatune-dataset"

    def tracks(self) -> Sequence[Track]:
        """All clips of `annotations_final.csv`, in its order."""
        names, rows = self._annotations()
        clips = self._clips()
        genres = self._genres(rows, clips)
        tags = self._shown([row.tags for row in rows], names)
        root = self._clips_folder()
        found = [
            _track(row, shown, root, clips.get(row.clip_id), genres)
            for row, shown in zip(rows, tags, strict=True)
        ]
        if not any(track.path.is_file() for track in found):
            raise BadDataset(
                f"{root}: holds none of the mp3 that annotations_final.csv names; "
                "the folders 0 … f are expected there"
            )
        return found

    def tables(self) -> Sequence[Path]:
        """The two published tables, and those that say genres, where there are any."""
        published = [
            self.folder / name for name in ("annotations_final.csv", "clip_info_final.csv")
        ]
        extra = [self.folder / name for name in (*CATALOGUES, _FILE_GENRES)]
        return published + [path for path in extra if path.is_file()]

    def notes(self) -> Sequence[str]:
        """How many clips have a genre, and how far the usual split leaks."""
        tracks = self.tracks()
        with_genre = sum("genre" in track.labels for track in tracks)
        notes = [f"{with_genre} of {len(tracks)} clips have one of Magnatune's ten genres"]
        if not self._says_genres():
            notes[0] += (
                f"; put Magnatune's {' or '.join(CATALOGUES)} into {self.folder}, or --gather the "
                "genres of the files' own tags"
            )
        for group in self.groups:
            sides = defaultdict(set)
            for track in tracks:
                sides[getattr(track, group)].add(track.split)
            torn = sum(len(split) > 1 for name, split in sides.items() if name)
            notes.append(f"{group}s on more than one side of the usual split: {torn}")
        return notes

    def problems(self, tracks: Sequence[Track]) -> Iterator[str]:
        """Clips without a row or a genre, and rows of the catalogue that are damaged."""
        unknown = [track.id for track in tracks if track.recording is None]
        if unknown:
            yield f"{len(unknown)} clips are not in clip_info_final.csv, the first is {unknown[0]}"
        catalogue = read_catalogue(self.folder)
        if catalogue and catalogue.damaged:
            yield f"{catalogue.damaged} rows of Magnatune's catalogue are damaged and left out"
        without = Counter(track.album for track in tracks if "genre" not in track.labels)
        if without and self._says_genres():
            yield (
                f"{without.total()} clips have none of the ten genres: {len(without)} albums are "
                f"not in the catalogue or have another genre, such as {min(map(str, without))!r}"
            )

    def gather(self) -> str:
        """Write the genre tag of every clip into `file_genres.csv`; says how many have one.

        Raises:
            BadDataset: the table cannot be written.
        """
        root = self._clips_folder()
        _, rows = self._annotations()
        genres = [(row.path, _genre_tag(root / row.path)) for row in rows]
        table = io.StringIO(newline="")
        writer = csv.writer(table, lineterminator="\n")
        writer.writerows([("mp3_path", "genre"), *genres])
        path = self.folder / _FILE_GENRES
        unfinished = path.with_name(path.name + ".unfinished")
        try:
            unfinished.write_bytes(table.getvalue().encode())
            unfinished.replace(path)
        except OSError as error:
            raise BadDataset(f"{path}: cannot be written: {error.strerror}") from error
        found = sum(bool(genre) for _, genre in genres)
        return f"{path}: {found} of {len(genres)} clips have a genre tag"

    def _shown(
        self,
        clips: Sequence[tuple[str, ...]],
        names: Sequence[str],
    ) -> Sequence[tuple[str, ...]]:
        """What is shown of the clips' tags."""
        return clips

    def _clips_folder(self) -> Path:
        return self.folder / "mp3" if (self.folder / "mp3").is_dir() else self.folder

    def _annotations(self) -> tuple[list[str], list[_Annotation]]:
        """The names of all tags, and the rows."""
        path = self.folder / "annotations_final.csv"
        table = read_rows(path, delimiter="\t")
        header = next(table, [])
        if header[:1] != ["clip_id"] or header[-1:] != ["mp3_path"]:
            raise BadDataset(f"{path}: is no table of clip_id, tags and mp3_path, split by tabs")
        names = header[1:-1]
        rows = []
        for clip_id, *cells, mp3_path in table:
            if not {"0", "1"}.issuperset(cells):
                raise BadDataset(f"{path}: damaged: a tag of clip {clip_id} is neither 0 nor 1")
            rows.append(_Annotation(clip_id, tuple(compress(names, map(int, cells))), mp3_path))
        return names, rows

    def _clips(self) -> dict[str, _Clip]:
        path = self.folder / "clip_info_final.csv"
        clips = {}
        for clip_id, number, title, artist, album, url, start, end in read_columns(
            path, _INFO, delimiter="\t"
        ):
            try:
                seconds = float(end) - float(start)
                clips[clip_id] = _Clip(number, title, artist, album, url, seconds)
            except ValueError as error:
                raise BadDataset(f"{path}: damaged: clip {clip_id}: {error}") from error
        return clips

    def _says_genres(self) -> bool:
        return any((self.folder / name).is_file() for name in (*CATALOGUES, _FILE_GENRES))

    def _genres(self, rows: Sequence[_Annotation], clips: Mapping[str, _Clip]) -> Mapping[str, str]:
        """Genre by album, as `sku_key` and `name_key` call it; the catalogue's goes before."""
        catalogue = read_catalogue(self.folder)
        genres = catalogue.genres if catalogue else {}
        path = self.folder / _FILE_GENRES
        if not path.is_file():
            return genres
        tags = {row["mp3_path"]: row["genre"] for row in read_csv(path, ["mp3_path", "genre"])}
        return {
            **elect_genres(
                (sku_key(clips[row.clip_id].url), tags.get(row.path, ""))
                for row in rows
                if row.clip_id in clips
            ),
            **genres,
        }


class MagnaTagATuneTop50(MagnaTagATune):
    """MagnaTagATune with the 50 tags that most papers keep.

    They are counted in the table itself. A clip that has none of them is there, without tags;
    papers leave such clips out.
    """

    name: ClassVar[str] = "magnatagatune-top50"
    summary: ClassVar[str] = "MagnaTagATune with its 50 most frequent tags"

    def notes(self) -> Sequence[str]:
        """Also, which of the tags that papers list are not among them."""
        seen = {tag for track in self.tracks() for tag in track.tags}
        lacking = [tag for tag in TOP_50 if tag not in seen]
        words = f"of the 50 tags that papers list, {len(lacking)} are not among the frequent ones"
        return [*super().notes(), *([f"{words}: {', '.join(lacking)}"] if lacking else [])]

    def _shown(
        self, clips: Sequence[tuple[str, ...]], names: Sequence[str]
    ) -> Sequence[tuple[str, ...]]:
        return _frequent(clips, names)


class MagnaTagATuneMerged(MagnaTagATune):
    """MagnaTagATune with one word for tags that mean the same, as `SYNONYMS` says."""

    name: ClassVar[str] = "magnatagatune-merged"
    summary: ClassVar[str] = "MagnaTagATune with one tag for those that mean the same"

    def _shown(
        self,
        clips: Sequence[tuple[str, ...]],
        names: Sequence[str],
    ) -> Sequence[tuple[str, ...]]:
        return [merge_tags(tags) for tags in clips]


class MagnaTagATuneTop50Merged(MagnaTagATune):
    """MagnaTagATune with its 50 most frequent tags, one word for those that mean the same."""

    name: ClassVar[str] = "magnatagatune-top50-merged"
    summary: ClassVar[str] = "MagnaTagATune with its 50 most frequent tags, merged likewise"

    def _shown(
        self, clips: Sequence[tuple[str, ...]], names: Sequence[str]
    ) -> Sequence[tuple[str, ...]]:
        return [merge_tags(tags) for tags in _frequent(clips, names)]


def _frequent(clips: Sequence[tuple[str, ...]], names: Sequence[str]) -> Sequence[tuple[str, ...]]:
    top = set(top_tags(clips, names))
    return [tuple(tag for tag in tags if tag in top) for tags in clips]


def _track(
    row: _Annotation,
    tags: tuple[str, ...],
    root: Path,
    clip: _Clip | None,
    genres: Mapping[str, str],
) -> Track:
    empty = row.path in _EMPTY
    track = Track(
        id=row.clip_id,
        path=root / row.path,
        split=_SIDES.get(row.path.partition("/")[0]),
        tags=tags,
        faults=("empty in the published archive",) if empty else (),
    )
    if clip is None:
        return track
    genre = genres.get(sku_key(clip.url)) or genres.get(name_key(clip.artist, clip.album))
    return replace(
        track,
        labels={"genre": genre} if genre else {},
        artist=clip.artist or None,
        album=f"{clip.artist} / {clip.album}",
        recording=f"{clip.artist} / {clip.album} / {clip.track_number} {clip.title}",
        duration_seconds=None if empty else clip.seconds,
    )


def _genre_tag(path: Path) -> str:
    """The file's own genre; none where it has none or cannot be read."""
    import av

    try:
        # An open file, not a name: FFmpeg would take "a:b.mp3" for a protocol.
        with path.open("rb") as file, av.open(file) as container:
            return container.metadata.get("genre", "")
    except (OSError, av.FFmpegError):
        return ""
