"""Files fetched once and kept: checked against their checksum, from the first address that gives them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

from minigrad.data.datasets._needed import needed
from minigrad.errors import MinigradError

SECONDS = 30  # to wait for an answer of a server


class DownloadError(MinigradError, OSError):
    """A file that no address gave; the message says how to put it there by hand."""


def data_folder(root: str | Path | None = None) -> Path:
    """Where data sets are kept: `root`, else the environment's MINIGRAD_DATA, else the user's own cache folder."""
    chosen = root if root is not None else os.environ.get("MINIGRAD_DATA")
    if chosen:
        return Path(chosen).expanduser()
    return Path(needed("pooch", "The folder for data sets", package="pooch").os_cache("minigrad"))


def fetch(name: str, path: Path, urls: Sequence[str], checksum: str, *, download: bool = True) -> Path:
    """The file at `path`, downloaded if it is not there yet or is not what it should be.

    A download is written under another name beside `path`, and takes that name when it is whole and its checksum right:
    an interruption leaves nothing behind that could be taken for the file.

    Args:
        name: of the data set, for messages.
        urls: addresses of the same file, tried in turn.
        checksum: "md5:…" or "sha256:…", as the data set's authors publish it.

    Errors: DownloadError if no address gives the file, ModuleNotFoundError without pooch.
    """
    if path.is_file() and matches(path, checksum):
        return path
    told = [f"{path} is there, and has another checksum"] if path.is_file() else []
    if download:
        pooch = needed("pooch", name, package="pooch")
        bar = importlib.util.find_spec("tqdm") is not None
        for url in urls:
            try:
                downloader = pooch.HTTPDownloader(progressbar=bar, timeout=SECONDS)
                pooch.retrieve(url, checksum, fname=path.name, path=path.parent, downloader=downloader)
                return path
            except (OSError, ValueError) as error:
                told.append(f"{url}: {_reason(error)}")
    else:
        told.append("download=False")
    raise DownloadError(
        f"{name}: the file {path.name} is not at hand.",
        got="\n            ".join(told),
        expected=f"{path}, {checksum}",
        hint="download=True"
        if not download
        else f"when there is a connection again; or fetch {path.name} elsewhere and put it there.\n"
        "            MINIGRAD_DATA, or root=, names another folder that has it",
    )


def matches(path: Path, checksum: str) -> bool:
    """Whether a file has this checksum."""
    algorithm, _, expected = checksum.partition(":")
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest() == expected


def _reason(error: Exception) -> str:
    """Why a download failed, in a few words."""
    kind = type(error).__name__
    if kind == "HTTPError":
        return str(error).partition(" for url")[0]
    if "Timeout" in kind:
        return f"no answer within {SECONDS} seconds"
    if kind in ("ConnectionError", "SSLError", "ProxyError"):
        return "no connection"
    if kind == "ChunkedEncodingError":
        return "the connection broke off"
    if isinstance(error, ValueError) and "hash" in str(error):
        return "what came has another checksum"
    return f"{kind}: {error}"
