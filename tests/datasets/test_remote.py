"""Fetching from a real server: whole or not at all, once, and with a reason where it fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from earmark.datasets import Track, fetch, open_dataset, remote
from earmark.datasets.remote import cache_folder, cached_path, file_name
from earmark.errors import MissingExtra, UnreadableFile

SOUND = bytes(range(256)) * 4000


class Server(ThreadingHTTPServer):
    daemon_threads = True
    asked: Counter[str]
    hold: threading.Event

    def handle_error(self, request, client_address):
        """A client that has gone is no news."""


class Handler(BaseHTTPRequestHandler):
    """/whole.wav; /half.wav breaks off; /slow.wav waits half-way; /broken.wav fails."""

    server: Server

    def do_GET(self):
        self.server.asked[self.path] += 1
        status = {"/gone.wav": 404, "/broken.wav": 500}.get(self.path, 200)
        self.send_response(status)
        self.send_header("Content-Length", str(len(SOUND) if status == 200 else 0))
        self.end_headers()
        if status != 200:
            return
        half = len(SOUND) // 2
        self.wfile.write(SOUND[:half])
        if self.path == "/half.wav":
            return
        if self.path == "/slow.wav":
            self.wfile.flush()
            self.server.hold.wait(60)
        self.wfile.write(SOUND[half:])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    server = Server(("127.0.0.1", 0), Handler)
    server.asked, server.hold = Counter(), threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.hold.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("EARMARK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def at(server, cache):
    def at(path: str) -> Track:
        return behind(f"http://127.0.0.1:{server.server_address[1]}/{path}")

    return at


def behind(url: str) -> Track:
    return Track(id="x", path=cached_path(url), url=url)


def test_a_file_is_fetched_once(at, server, cache):
    track = at("whole.wav")
    assert fetch(track) == track.path
    assert track.path.read_bytes() == SOUND
    assert fetch(track) == track.path
    assert server.asked["/whole.wav"] == 1
    assert list(cache.iterdir()) == [track.path]


def test_a_local_track_is_where_it_is(tmp_path):
    assert fetch(Track(id="x", path=tmp_path / "x.wav")) == tmp_path / "x.wav"


@pytest.mark.parametrize(
    ("path", "reason"),
    [("gone.wav", "there is no such file"), ("broken.wav", "500"), ("half.wav", "not enough data")],
)
def test_a_server_that_fails_leaves_nothing(at, cache, path, reason):
    with pytest.raises(UnreadableFile, match=f"cannot be fetched from .*{path}: .*(?i:{reason})"):
        fetch(at(path))
    assert list(cache.iterdir()) == []


def test_a_server_that_falls_silent_is_given_up(at, cache, monkeypatch):
    monkeypatch.setattr(remote, "SILENT_SECONDS", 0.3)
    with pytest.raises(UnreadableFile, match=r"slow\.wav: the server said nothing for 0\.3 s"):
        fetch(at("slow.wav"))
    assert list(cache.iterdir()) == []


def test_no_server(cache):
    with pytest.raises(UnreadableFile, match=r"cannot be fetched from .*[Cc]annot connect"):
        fetch(behind("http://127.0.0.1:9/x.wav"))


def test_no_such_protocol(cache):
    with pytest.raises(UnreadableFile, match="gopher"):
        fetch(behind("gopher://host/x.wav"))


def test_a_file_in_a_zip_on_a_server_that_cannot_seek_is_said(at, cache):
    with pytest.raises(UnreadableFile, match=r"support range requests|not a zip"):
        fetch(behind(f"zip://x.wav::{at('whole.wav').url}"))


def test_a_file_in_a_zip_in_a_zip(tmp_path, cache):
    with zipfile.ZipFile(tmp_path / "inner.zip", "w") as archive:
        archive.writestr("deep/x.wav", SOUND)
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(tmp_path / "inner.zip", "inner.zip")
    outer = (tmp_path / "outer.zip").as_uri()
    track = behind(f"zip://deep/x.wav::zip://inner.zip::{outer}")
    assert fetch(track).read_bytes() == SOUND
    with pytest.raises(UnreadableFile, match="there is no such file"):
        fetch(behind(f"zip://deep/y.wav::zip://inner.zip::{outer}"))
    with pytest.raises(UnreadableFile, match="no such file"):
        fetch(behind(f"zip://x.wav::{(tmp_path / 'absent.zip').as_uri()}"))


def test_a_killed_process_leaves_nothing_that_is_used(at, server, cache):
    track = at("slow.wav")
    code = (
        "import sys; from pathlib import Path; from earmark.datasets import Track, fetch;"
        "fetch(Track(id='x', path=Path(sys.argv[1]), url=sys.argv[2]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(track.path), track.url])
    deadline = time.monotonic() + 60
    while not any(cache.glob("*.part")) or not server.asked["/slow.wav"]:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    process.wait()
    assert [path.suffix for path in cache.iterdir()] == [".part"]
    server.hold.set()
    assert fetch(track).read_bytes() == SOUND
    assert list(cache.iterdir()) == [track.path]


def test_many_at_once_all_get_it(at, cache):
    track = at("whole.wav")
    found = []
    threads = [threading.Thread(target=lambda: found.append(fetch(track))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [track.path] * 8
    assert list(cache.iterdir()) == [track.path]
    assert track.path.read_bytes() == SOUND


def test_a_cache_that_cannot_be_written(at, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("EARMARK_CACHE", str(tmp_path / "file"))
    with pytest.raises(UnreadableFile, match="the cache cannot be written"):
        fetch(at("whole.wav"))


def test_without_fsspec_it_says_what_to_install(at, monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtra, match=r"earmark\[cluster\]"):
        fetch(at("whole.wav"))


def test_the_cache_is_where_the_system_keeps_caches(monkeypatch, tmp_path):
    monkeypatch.delenv("EARMARK_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert cache_folder() == tmp_path / "earmark"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert cache_folder() == tmp_path / "earmark" / "Cache"
    monkeypatch.setattr("sys.platform", "darwin")
    assert cache_folder() == Path.home() / "Library" / "Caches" / "earmark"


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("a/b.wav", "b.wav"),
        (r"a\b.wav", "b.wav"),
        ("https://h/a%20b.wav?x=/y", "a b.wav"),
        ("zip://p/q.mp3::https://h/z.zip", "q.mp3"),
        ("memory://r.flac", "r.flac"),
    ],
)
def test_the_name_of_a_place(place, name):
    assert file_name(place) == name


def test_tracks_behind_urls_are_judged(at, earmark, server, album, tmp_path, cache):
    (tmp_path / "tracks.csv").write_text(
        f"path,genre\n{at('gone.wav').url},blues\n{album[0].as_uri()},blues\n"
        f"zip://in.opus::{(tmp_path / 'a.zip').as_uri()},blues\n",
        encoding="utf-8",
    )
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(album[1], "in.opus")
    tracks = open_dataset("manifest", tmp_path / "tracks.csv").tracks()
    process = earmark("evaluate", "--data", f"manifest={tmp_path / 'tracks.csv'}", "--jobs", 1)
    assert process.returncode == 1, process.stderr
    assert f"{tracks[0].url}: there is no such file" in process.stderr
    assert [path.suffix for path in cache.iterdir()] == [".opus"]
