"""A graph of its own for each test."""

from collections.abc import Iterator

import pytest

import minigrad.tf1 as tf


@pytest.fixture(autouse=True)
def graph() -> Iterator[tf.Graph]:
    with tf.Graph().as_default() as graph:
        yield graph
