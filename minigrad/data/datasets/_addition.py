"""Sums as text: a task whose rule is known, and which a network must find."""

from __future__ import annotations

import numpy

from minigrad.data._dataset import Dataset
from minigrad.data.text import CharTokenizer
from minigrad.errors import MinigradError


class Addition(Dataset):
    """Sums such as "07+95=102", for a model that predicts each character from those before it.

    Args:
        digits: of both numbers, which are written with leading zeros; the sum has one digit more.
        train: the training set, or the test set.
        reverse: whether the sum is written from its last digit to its first ("07+95=201"), the order in which one
            adds: each digit then needs only the carry of the one just written.
        test_share: how many of the pairs are for testing.
        seed: of the choice of those.

    A sample is (x, y): the text without its last character, and without its first, as ids (int64). Where y is not yet
    part of the sum it is -100, which cross-entropy ignores. All pairs of numbers are there, each once, in one of
    the two sets; a + b and b + a are in the same one, so that a test sum was seen in neither order.

    Attributes:
        tokenizer: from characters to ids and back: `tokenizer.decode(dataset.prompts[0])`.
        pairs: the numbers a and b, (N, 2).
        prompts: all that comes before the sum, as ids (N, 2 * digits + 2).
        answers: the sums, as ids (N, digits + 1).

    Errors: MinigradError for options that leave nothing to learn or to test.
    """

    ignore_index = -100

    def __init__(
        self, digits: int = 2, train: bool = True, *, reverse: bool = False, test_share: float = 0.1, seed: int = 0
    ):
        if not 1 <= digits <= 3 or not 0 < test_share < 1:
            raise MinigradError(
                "Addition: these options make no task.",
                got=f"digits={digits}, test_share={test_share}",
                expected="1 to 3 digits (a million pairs), a share between 0 and 1",
                hint="Addition(digits=2, test_share=0.1)",
            )
        self.digits, self.train, self.reverse, self.test_share, self.seed = digits, train, reverse, test_share, seed
        self.tokenizer = CharTokenizer(vocabulary="0123456789+=")
        count = 10**digits
        # One draw for each unordered pair: the lower triangle decides, the upper one follows.
        draws = numpy.tril(numpy.random.default_rng(seed).random((count, count)))
        draws = draws + numpy.tril(draws, -1).T
        chosen = draws >= test_share if train else draws < test_share
        self.pairs = numpy.argwhere(chosen)
        if not len(self.pairs):
            raise MinigradError(
                "Addition: no pair is left for this set.",
                got=f"digits={digits}, test_share={test_share}, train={train}",
                hint="a share of 0.1, or more digits",
            )
        a, b = self.pairs.T
        sums = _written(a + b, digits + 1)
        plus, equals = (numpy.full((len(a), 1), self.tokenizer.encode(sign)[0]) for sign in "+=")
        self.prompts = numpy.hstack((_written(a, digits), plus, _written(b, digits), equals))
        self.answers = sums[:, ::-1] if reverse else sums

    def __getitem__(self, index: int) -> tuple[numpy.ndarray, numpy.ndarray]:
        whole = numpy.concatenate((self.prompts[index], self.answers[index]))
        y = whole[1:].copy()
        y[: self.prompts.shape[1] - 1] = self.ignore_index
        return whole[:-1], y

    def text(self, index: int) -> str:
        """The sum as it is read."""
        return self.tokenizer.decode(self.prompts[index]) + self.tokenizer.decode(self.answers[index])

    def __len__(self) -> int:
        return len(self.pairs)

    def __repr__(self) -> str:
        options = f"digits={self.digits}, train={self.train}, reverse={self.reverse}"
        return f"Addition({options}): {len(self):,} sums, such as {self.text(0)}"


def _written(numbers: numpy.ndarray, digits: int) -> numpy.ndarray:
    """The decimal digits of each number, first digit first, (N, digits): the ids of "0" to "9" are 0 to 9."""
    return numbers[:, None] // 10 ** numpy.arange(digits)[::-1] % 10
