"""A million characters of Shakespeare."""

from __future__ import annotations

from pathlib import Path

from minigrad.data.datasets._download import data_folder, fetch

URLS = (
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    "https://raw.githubusercontent.com/jcjohnson/torch-rnn/master/data/tiny-shakespeare.txt",
)
CHECKSUM = "sha256:86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"


def tiny_shakespeare(root: str | Path | None = None, download: bool = True) -> str:
    """1,115,394 characters of Shakespeare's plays, 65 different ones, as one text.

    With `CharTokenizer` and `TextBlocks` it becomes a data set for models that predict the next character; by custom the
    last tenth is kept for validation.

    Args:
        root: the folder; by default the environment's MINIGRAD_DATA, else the user's cache folder.
        download: whether the file is fetched if it is missing (1 MB).

    Source: collected by Karpathy for "The Unreasonable Effectiveness of Recurrent Neural Networks", 2015.

    Errors: DownloadError if the file cannot be had.
    """
    path = data_folder(root) / "tiny-shakespeare.txt"
    fetch("tiny_shakespeare", path, URLS, CHECKSUM, download=download)
    return path.read_text(encoding="utf-8")
