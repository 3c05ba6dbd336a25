"""The two proofs of benchmarks/learning.py, each shortened to a few seconds: the same programs learn."""

import numpy
import pytest

import minigrad
from benchmarks import learning
from minigrad.data.datasets import Addition


def test_digits_are_learned() -> None:
    """One epoch of thirty; guessing gets a tenth."""
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install minigrad[lab]")
    minigrad.backend("numpy")  # loops for four convolutions would be compiled longer than they run
    result = learning.digits(epochs=1, compile=False)
    assert result["accuracy"] > 0.55 and result["steps"] == 22


def test_sums_are_learned() -> None:
    """Whoever does not read the numbers can do no better than the entropy of their sums, shared by the three digits."""
    sums = Addition(2, test_share=0.01).pairs.sum(1)
    shares = numpy.bincount(sums)[numpy.unique(sums)] / len(sums)
    blind = -(shares * numpy.log(shares)).sum() / 3
    assert 1.6 < blind < 1.8
    result = learning.addition(steps=100, size=2, batch=64, compile=False)
    assert result["loss"] < blind - 0.2
