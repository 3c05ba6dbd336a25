"""Downloads, from a server on this machine."""

import hashlib
import http.server
import threading

import pytest

from minigrad.data.datasets import MNIST, DownloadError, tiny_shakespeare
from minigrad.data.datasets._download import data_folder, fetch

CONTENT = b"All the world's a stage, and all the men and women merely players.\n" * 150
CHECKSUM = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


class Mirror(http.server.BaseHTTPRequestHandler):
    """/good/… gives the file, /wrong/… another one, /broken/… a part of it, and all else nothing."""

    asked: list[str] = []

    def do_GET(self):
        self.asked.append(self.path)
        kind = self.path.split("/")[1]
        self.send_response(200 if kind in ("good", "wrong", "broken") else 404)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if kind == "good":
            self.wfile.write(CONTENT)
        elif kind == "wrong":
            self.wfile.write(CONTENT[::-1])
        elif kind == "broken":
            self.wfile.write(CONTENT[:5000])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    """Its address; `asked` is what was asked of it."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(Mirror, "asked", [])
    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    serving.server_close()
    thread.join()


def test_the_next_mirror_is_asked_and_the_file_is_kept(tmp_path, server):
    path = tmp_path / "new" / "data.bin"
    urls = [f"{server}/{kind}/data.bin" for kind in ("missing", "wrong", "broken", "good", "never")]
    for _ in range(2):
        assert fetch("Test", path, urls, CHECKSUM) == path and path.read_bytes() == CONTENT
    assert [url.split("/")[1] for url in Mirror.asked] == ["missing", "wrong", "broken", "good"]
    assert [p.name for p in path.parent.iterdir()] == ["data.bin"]
    path.write_bytes(b"damaged later")
    fetch("Test", path, urls[3:], CHECKSUM)
    assert path.read_bytes() == CONTENT


def test_where_no_address_gives_the_file_the_error_says_all_one_needs(tmp_path, server):
    path = tmp_path / "data.bin"
    nobody = "http://127.0.0.1:9/data.bin"
    urls = [*(f"{server}/{kind}/data.bin" for kind in ("missing", "wrong", "broken")), nobody]
    with pytest.raises(DownloadError) as error:
        fetch("Test", path, urls, CHECKSUM)
    said = str(error.value)
    for words in (
        "Test: the file data.bin", f"{urls[0]}: 404", f"{urls[1]}: what came has another checksum",
        f"{urls[2]}: the connection broke off", f"{nobody}: no connection", str(path), CHECKSUM, "MINIGRAD_DATA",
    ):  # fmt: skip
        assert words in said
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"other")
    with pytest.raises(DownloadError, match="is there, and has another checksum"):
        fetch("Test", path, urls[:1], CHECKSUM, download=False)
    assert path.read_bytes() == b"other"


def test_an_interrupted_download_leaves_nothing(tmp_path, server, monkeypatch):
    import pooch

    def interrupted(self, url, output_file, asking, check_only=False):
        with open(output_file, "wb") as file:
            file.write(CONTENT[:5000])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
        fetch("Test", tmp_path / "data.bin", [f"{server}/good/data.bin"], CHECKSUM)
    assert list(tmp_path.iterdir()) == []


def test_data_sets_ask_their_mirrors(tmp_path, server, monkeypatch):
    monkeypatch.setattr(MNIST, "mirrors", (f"{server}/missing/", f"{server}/wrong/"))
    monkeypatch.setattr("minigrad.data.datasets._shakespeare.URLS", (f"{server}/good/input.txt",))
    monkeypatch.setattr("minigrad.data.datasets._shakespeare.CHECKSUM", CHECKSUM)
    with pytest.raises(DownloadError, match=r"MNIST.raw.train-images-idx3-ubyte\.gz"):
        MNIST(tmp_path)
    with pytest.raises(DownloadError, match="download=False"):
        MNIST(tmp_path, train=False, download=False)
    assert tiny_shakespeare(tmp_path) == CONTENT.decode()
    assert Mirror.asked == [
        "/missing/train-images-idx3-ubyte.gz", "/wrong/train-images-idx3-ubyte.gz", "/good/input.txt",
    ]  # fmt: skip


def test_where_data_sets_are_kept(tmp_path, monkeypatch):
    monkeypatch.delenv("MINIGRAD_DATA", raising=False)
    assert data_folder().name == "minigrad"
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path))
    assert data_folder() == tmp_path and data_folder("~/data").is_absolute()
