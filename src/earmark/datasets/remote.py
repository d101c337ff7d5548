"""Tracks that lie elsewhere: fetched once, into a cache, by any protocol that fsspec speaks."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from earmark.datasets.base import Track
from earmark.errors import MissingExtra, UnreadableFile

SILENT_SECONDS = 60.0
"""After so long without a word from a web server, a download is given up."""

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")


def fetch(track: Track) -> Path:
    """The file of a track, on this machine.

    What lies elsewhere is downloaded to the cache at the first call. A file appears there whole or
    not at all, also when the process is killed and when several fetch the same.

    Raises:
        UnreadableFile: it cannot be fetched.
        MissingExtra: fsspec is not installed.
    """
    if track.url is None or track.path.is_file():
        return track.path
    download = _downloader()
    try:
        track.path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(".part", f"{track.path.name}-", track.path.parent)
        os.close(handle)
    except OSError as error:
        reason = f"the cache cannot be written: {error.strerror}"
        raise UnreadableFile(reason, track.path.parent) from error
    part = Path(name)
    try:
        download(track.url, part)
        part.replace(track.path)
    except Exception as error:  # each protocol has kinds of its own
        if track.path.is_file():
            return track.path  # another process was faster, and cleared up
        raise UnreadableFile(f"cannot be fetched from {track.url}: {_reason(error)}") from error
    finally:
        part.unlink(missing_ok=True)
    for left in track.path.parent.glob(f"{track.path.name}-*.part"):  # of processes that were ended
        with suppress(OSError):
            left.unlink()
    return track.path


def cached_path(url: str) -> Path:
    """Where the file behind a URL is kept once it has been fetched."""
    suffix = Path(file_name(url)).suffix
    digest = hashlib.sha256(url.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return cache_folder() / f"{digest}{suffix if _SUFFIX.fullmatch(suffix) else ''}"


def cache_folder() -> Path:
    """Where fetched files are kept: EARMARK_CACHE, else the system's place for caches."""
    if chosen := os.environ.get("EARMARK_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(place) / "earmark" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "earmark"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "earmark"


def file_name(place: str) -> str:
    """The last part of a path or URL; of zip://a/b.wav::https://c/d.zip it is b.wav."""
    if "://" in place:
        place = unquote(place.partition("::")[0].partition("://")[2].partition("?")[0])
    return re.split(r"[/\\]", place.rstrip("/"))[-1]


def _downloader() -> Callable[[str, Path], None]:
    try:
        import fsspec
    except ImportError as error:
        raise MissingExtra(
            f"tracks behind URLs need the extra `cluster` ({error.name} is missing): "
            "pip install 'earmark[cluster]'"
        ) from error

    def download(url: str, part: Path) -> None:
        web = {name: _web_options() for name in ("http", "https") if f"{name}://" in url}
        system, path = fsspec.url_to_fs(url, **web)
        system.get_file(path, str(part))

    return download


def _web_options() -> dict[str, Any]:
    """Large files may take their time, a server that says nothing may not."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=SILENT_SECONDS, sock_read=SILENT_SECONDS
    )
    return {"client_kwargs": {"timeout": timeout}}


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, TimeoutError):
        return f"the server said nothing for {SILENT_SECONDS:g} s"
    text = " ".join(str(error).split())
    return text or type(error).__name__
