"""Text as numbers: tokenisers by characters and by bytes, and blocks of a long text as samples."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy

from minigrad.data._dataset import Dataset
from minigrad.errors import IndexingError, MinigradError, ShapeError


class CharTokenizer:
    """Each character is a number: its place in the vocabulary.

    Args:
        text: the vocabulary is what occurs in this text, sorted.
        vocabulary: or the characters themselves, in the order in which they are numbered.

    Errors: MinigradError without characters, for one that stands twice in the vocabulary, for characters or ids that
    are not in it.
    """

    def __init__(self, text: str | None = None, *, vocabulary: str | None = None):
        characters = "".join(sorted(set(text or ""))) if vocabulary is None else vocabulary
        if not characters or len(set(characters)) < len(characters) or (text is None) == (vocabulary is None):
            raise MinigradError(
                "CharTokenizer: no vocabulary.",
                got=f"text={text if text is None else _shown(text)}, vocabulary={vocabulary!r}",
                expected="a text that is not empty, or different characters as the vocabulary",
                hint="CharTokenizer(text)",
            )
        self.vocabulary = characters

    @property
    def vocab_size(self) -> int:
        """How many ids there are."""
        return len(self.vocabulary)

    def encode(self, text: str) -> numpy.ndarray:
        """The ids of a text's characters, int64."""
        known, codes = _codes(self.vocabulary), _codes(text)
        order = numpy.argsort(known)
        places = numpy.searchsorted(known, codes, sorter=order)
        ids = order[numpy.minimum(places, len(order) - 1)]
        unknown = numpy.flatnonzero(known[ids] != codes)
        if len(unknown):
            first = int(unknown[0])
            raise MinigradError(
                "CharTokenizer.encode: a character is not in the vocabulary.",
                got=f"{text[first]!r} at position {first}",
                expected=f"one of the {self.vocab_size} characters {_shown(self.vocabulary)}",
                hint="CharTokenizer(the whole text), test text included; or ByteTokenizer(), which knows every text",
            )
        return ids.astype(numpy.int64, copy=False)

    def decode(self, ids: Any) -> str:
        """The text of some ids, a list, an array or a tensor."""
        places = _whole_numbers(ids, "CharTokenizer", self.vocab_size)
        return "".join(self.vocabulary[place] for place in places)

    def state_dict(self) -> dict[str, Any]:
        """What must be kept to read ids again."""
        return {"vocabulary": self.vocabulary}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up a vocabulary that was kept."""
        self.vocabulary = state_dict["vocabulary"]

    def __repr__(self) -> str:
        return f"CharTokenizer({self.vocab_size} characters: {_shown(self.vocabulary)})"


class ByteTokenizer:
    """Each byte of the text in UTF-8 is a number from 0 to 255: every text can be written, in one to four per character."""

    vocab_size = 256

    def encode(self, text: str) -> numpy.ndarray:
        """The bytes of a text, int64."""
        return numpy.frombuffer(text.encode(), numpy.uint8).astype(numpy.int64)

    def decode(self, ids: Any) -> str:
        """The text of some bytes; where they are no UTF-8, as in the middle of a character, stands �."""
        return bytes(_whole_numbers(ids, "ByteTokenizer", 256)).decode(errors="replace")

    def state_dict(self) -> dict[str, Any]:
        """Nothing needs to be kept."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing was kept."""

    def __repr__(self) -> str:
        return "ByteTokenizer()"


class TextBlocks(Dataset):
    """Blocks of a long text: sample i is (x, y), `block_size` ids from i * stride on, and the ids that follow each.

    y[t] is the id after x[t], so that one block teaches as many predictions as it is long.

    Args:
        ids: the whole text, (N,) integers.
        block_size: the length of a block.
        stride: from block to block; `block_size` for blocks that do not overlap.

    Errors: ShapeError for a text that is not longer than a block.
    """

    def __init__(self, ids: Any, block_size: int, stride: int = 1):
        self.ids = numpy.asarray(ids, dtype=numpy.int64)
        if self.ids.ndim != 1 or not 1 <= block_size < len(self.ids) or stride < 1:
            raise ShapeError(
                "TextBlocks: no block fits into the text.",
                got=f"ids of shape {self.ids.shape}, block_size={block_size}, stride={stride}",
                expected="ids (N,), a block of 1 to N - 1, a stride of 1 or more",
                hint="TextBlocks(tokenizer.encode(text), block_size=64)",
            )
        self.block_size, self.stride = block_size, stride

    def __getitem__(self, index: int) -> tuple[numpy.ndarray, numpy.ndarray]:
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexingError("TextBlocks: no block there.", got=f"index {index}", expected=f"0 to {len(self) - 1}")
        start = place * self.stride
        block = self.ids[start : start + self.block_size + 1]
        return block[:-1], block[1:]

    def __len__(self) -> int:
        return (len(self.ids) - self.block_size - 1) // self.stride + 1


def _codes(text: str) -> numpy.ndarray:
    """The code point of each character. A lone surrogate, which no file can hold but a string can, is taken too."""
    return numpy.frombuffer(text.encode("utf-32-le", "surrogatepass"), numpy.dtype("<u4"))


def _shown(characters: str) -> str:
    """A vocabulary in a few words."""
    return repr(characters) if len(characters) <= 40 else repr(characters[:37]) + " and more"


def _whole_numbers(ids: Any, name: str, size: int) -> Iterable[int]:
    """Ids as a list. Errors: MinigradError for those that stand for nothing."""
    array = numpy.asarray(ids.numpy() if hasattr(ids, "numpy") else ids)
    array = array.reshape(-1) if array.size else numpy.zeros(0, numpy.int64)
    wrong = array.dtype.kind not in "iu" or ((array < 0) | (array >= size)).any()
    if wrong:
        raise MinigradError(
            f"{name}.decode: an id stands for nothing.",
            got=f"{array.dtype} from {array.min()} to {array.max()}",
            expected=f"whole numbers from 0 to {size - 1}",
            hint="the ids that this tokeniser's encode gave, or logits.argmax(-1)",
        )
    return array.tolist()
