"""Embedding: a vector that is learned for each of a number of things."""

from __future__ import annotations

from typing import Any

from minigrad import ops
from minigrad.creation import randn
from minigrad.errors import IndexingError, ShapeError
from minigrad.nn._initial import check_sizes
from minigrad.nn._module import Module, Parameter
from minigrad.random import Generator


class Embedding(Module):
    """For each number its row of the weight (num_embeddings, embedding_dim), which begins normal with variance 1.

    The row `padding_idx` begins as zeros and learns nothing: it stands for no word.

    Shapes: integers (…) to (…, embedding_dim).
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        device: Any = None,
        dtype: Any = None,
        generator: Generator | None = None,
    ):
        super().__init__()
        sizes = {"num_embeddings": num_embeddings, "embedding_dim": embedding_dim}
        check_sizes(self, "Embedding(num_embeddings, embedding_dim)", device, **sizes)
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise IndexingError(
                    "Embedding: padding_idx is no row of the weight.",
                    got=f"padding_idx={padding_idx}",
                    expected=f"{-num_embeddings} to {num_embeddings - 1}",
                    hint="padding_idx=0, with the words counted from 1",
                )
            padding_idx %= num_embeddings
        self.num_embeddings, self.embedding_dim, self.padding_idx = num_embeddings, embedding_dim, padding_idx
        start = randn(num_embeddings, embedding_dim, dtype=dtype, generator=generator)
        if padding_idx is not None:
            start[padding_idx] = 0
        self.weight = Parameter(start.to(device=device))

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None) -> Embedding:
        """With given vectors, a matrix with a row for each; learned further unless frozen."""
        if len(embeddings.shape) != 2:
            raise ShapeError(
                "Embedding.from_pretrained: takes a matrix.",
                got=f"shape {tuple(embeddings.shape)}",
                expected="(num_embeddings, embedding_dim)",
                hint="vectors.unsqueeze(0) for a single one",
            )
        rows, size = embeddings.shape
        made = cls(rows, size, padding_idx)
        made.weight = Parameter(embeddings, requires_grad=not freeze)
        return made

    def forward(self, input: Any) -> Any:
        return ops.embedding(input, self.weight, padding_idx=self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
