"""The recurrent network that writes text, a character at a time."""

from __future__ import annotations

from typing import Any

from minigrad.models._generation import extend
from minigrad.nn import LSTM, Dropout, Embedding, Linear, Module
from minigrad.random import Generator
from minigrad.tensor import Tensor


class CharRNN(Module):
    """An LSTM between an embedding and an affine map: after each token, scores for the next one.

    The state says all that the model remembers. Given back with the next piece of a text, it carries the reading on: detach
    it there (`tuple(s.detach() for s in state)`), or gradients go back to the beginning.

    Args:
        vocab_size: how many different tokens there are.
        dropout: of the embeddings and of the outputs of each layer, while training.
        generator: of the random numbers with which the weights begin.

    Shapes: integers (N, L) and a state to logits (N, L, vocab_size) and the state after, two tensors
    (num_layers, N, hidden_size). Source: Karpathy, "The unreasonable effectiveness of recurrent neural networks" (2015);
    Graves, "Generating sequences with recurrent neural networks" (2013).
    """

    def __init__(
        self,
        vocab_size: int,
        embedding_dim: int = 64,
        hidden_size: int = 256,
        num_layers: int = 1,
        dropout: float = 0.0,
        *,
        dtype: Any = None,
        generator: Generator | None = None,
    ):
        super().__init__()
        options = {"dtype": dtype, "generator": generator}
        between = dropout if num_layers > 1 else 0.0
        self.embedding = Embedding(vocab_size, embedding_dim, **options)
        self.lstm = LSTM(embedding_dim, hidden_size, num_layers, batch_first=True, dropout=between, **options)
        self.dropout = Dropout(dropout)
        self.head = Linear(hidden_size, vocab_size, **options)

    def forward(self, tokens: Any, state: Any = None) -> tuple[Any, Any]:
        z, state = self.lstm(self.dropout(self.embedding(tokens)), state)
        return self.head(self.dropout(z)), state

    def sample(
        self,
        tokens: Any,
        count: int,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        generator: Generator | None = None,
    ) -> Tensor:
        """`tokens`, integers (L,) or (N, L), and `count` more that the model draws, each after reading those before it.

        `temperature=0` takes the likeliest each time; `top_k` lets only the k likeliest take part. See `choose`.
        """
        state = None

        def score(everything: Tensor, new: Tensor) -> Any:
            nonlocal state
            logits, state = self(new, state)
            return logits[:, -1]

        return extend(self, score, tokens, count, temperature, top_k, generator)
