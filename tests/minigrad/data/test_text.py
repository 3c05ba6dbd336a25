import numpy as np
import pytest

import minigrad as mg
from minigrad.data.text import ByteTokenizer, CharTokenizer, TextBlocks
from minigrad.errors import IndexingError, MinigradError, ShapeError

TEXT = "Zwölf Boxkämpfer 🥊\nund ein Ende"


@pytest.mark.parametrize("tokenizer", [CharTokenizer(TEXT), ByteTokenizer()])
def test_what_is_encoded_comes_back(tokenizer):
    ids = tokenizer.encode(TEXT)
    assert ids.dtype == np.int64 and 0 <= ids.min() <= ids.max() < tokenizer.vocab_size
    assert tokenizer.decode(ids) == tokenizer.decode(ids.tolist()) == tokenizer.decode(mg.as_tensor(ids)) == TEXT
    assert tokenizer.decode([]) == "" and len(tokenizer.encode("")) == 0
    again = type(tokenizer)("ab") if isinstance(tokenizer, CharTokenizer) else ByteTokenizer()
    again.load_state_dict(tokenizer.state_dict())
    assert np.array_equal(again.encode(TEXT), ids)


def test_the_order_of_a_vocabulary():
    assert CharTokenizer("hello").vocabulary == "ehlo"
    assert CharTokenizer("hello").encode("hole").tolist() == [1, 3, 2, 0]
    assert CharTokenizer(vocabulary="0123+=").encode("3+=0").tolist() == [3, 4, 5, 0]
    assert ByteTokenizer().encode("aä").tolist() == [97, 195, 164]
    assert ByteTokenizer().decode([97, 195]) == "a�"


def test_blocks_are_followed_by_what_comes_next():
    blocks = TextBlocks(np.arange(10), 3)
    assert len(blocks) == 7
    assert [v.tolist() for v in blocks[0]] == [[0, 1, 2], [1, 2, 3]] and blocks[-1][1].tolist() == [7, 8, 9]
    apart = TextBlocks(np.arange(10), 3, stride=3)
    assert [apart[i][0].tolist() for i in range(len(apart))] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert len(TextBlocks(np.arange(4), 3)) == 1


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: CharTokenizer("abc").encode("abxc"), MinigradError, "'x' at position 2"),
        (lambda: CharTokenizer("abc").encode("😀"), MinigradError, "position 0"),
        (lambda: CharTokenizer("abc").decode([0, 3]), MinigradError, "0 to 2"),
        (lambda: CharTokenizer("abc").decode([-1]), MinigradError, "0 to 2"),
        (lambda: ByteTokenizer().decode([0.5]), MinigradError, "logits"),
        (lambda: CharTokenizer(""), MinigradError, "no vocabulary"),
        (lambda: CharTokenizer(vocabulary="aa"), MinigradError, "different characters"),
        (lambda: TextBlocks(np.arange(3), 3), ShapeError, "no block fits"),
        (lambda: TextBlocks(np.arange(9), 3)[6], IndexingError, "0 to 5"),
    ],
)
def test_errors_say_what_is_wrong(call, error, words):
    with pytest.raises(error, match=words):
        call()
