"""A small GPT: a transformer that reads what came before and gives scores for what comes next."""

from __future__ import annotations

import math
from typing import Any

from minigrad import ops
from minigrad.creation import arange, ones
from minigrad.dtypes import bool_
from minigrad.errors import ShapeError
from minigrad.models._generation import extend
from minigrad.nn import GELU, Dropout, Embedding, LayerNorm, Linear, Module, ModuleList, Sequential, functional, init
from minigrad.random import Generator
from minigrad.tensor import Tensor

Past = list[dict[str, Any]]  # for each block the keys and values of what was read


class CausalSelfAttention(Module):
    """Each position reads itself and those before it, with several heads. Shapes: (N, L, embed_dim) to the same."""

    def __init__(self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True):
        super().__init__()
        self.num_heads, self.dropout = num_heads, dropout
        self.qkv = Linear(embed_dim, 3 * embed_dim, bias)
        self.out = Linear(embed_dim, embed_dim, bias)

    def forward(self, x: Any, past: dict[str, Any] | None = None) -> Any:
        n, length, width = x.shape
        q, k, v = self.qkv(x).reshape(n, length, 3, self.num_heads, width // self.num_heads).permute(2, 0, 3, 1, 4)
        if past is not None:
            if past:
                k, v = ops.cat([past["key"], k], dim=2), ops.cat([past["value"], v], dim=2)
            past["key"], past["value"] = k, v
        whole = k.shape[2]
        # One position sees all that was read; several see, of each other, those before.
        mask = None if length in (1, whole) else ones(length, whole, dtype=bool_, device=k.device).tril(whole - length)
        options = {"dropout_p": self.dropout if self.training else 0.0, "is_causal": length == whole}
        read = functional.scaled_dot_product_attention(q, k, v, mask, **options)
        return self.out(read.transpose(1, 2).reshape(n, length, width))


class Block(Module):
    """Attention, then two affine maps for each position; each has a norm before it, and is added to what it was given."""

    def __init__(self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True):
        super().__init__()
        self.norm1 = LayerNorm(embed_dim, bias=bias)
        self.attention = CausalSelfAttention(embed_dim, num_heads, dropout, bias)
        self.norm2 = LayerNorm(embed_dim, bias=bias)
        self.mlp = Sequential(Linear(embed_dim, 4 * embed_dim, bias), GELU(), Linear(4 * embed_dim, embed_dim, bias))
        self.dropout = Dropout(dropout)

    def forward(self, x: Any, past: dict[str, Any] | None = None) -> Any:
        x = x + self.dropout(self.attention(self.norm1(x), past))
        return x + self.dropout(self.mlp(self.norm2(x)))


class GPT(Module):
    r"""Embeddings of tokens and of their positions, blocks, a norm, and the same embeddings again as the last map.

    Args:
        vocab_size: how many different tokens there are.
        block_size: the longest sequence that it reads.
        dropout: of embeddings, attention and each block's additions, while training.
        bias: of affine maps and norms.
        tie_weights: whether the last map's weight is the tokens' embedding (Press and Wolf, 2017).
        generator: of the random numbers with which the weights begin.

    Weights begin normal with deviation 0.02, those of a map into the sum of all blocks with :math:`0.02 / \sqrt{2\,n}`,
    since 2 n of them add up; biases begin as zeros.

    Shapes: integers (N, L) to logits (N, L, vocab_size), L at most block_size.
    Source: Radford et al., "Language models are unsupervised multitask learners" (2019), section 2.3.
    """

    def __init__(
        self,
        vocab_size: int,
        block_size: int,
        embed_dim: int = 128,
        num_heads: int = 4,
        num_layers: int = 4,
        dropout: float = 0.0,
        bias: bool = True,
        tie_weights: bool = True,
        *,
        generator: Generator | None = None,
    ):
        super().__init__()
        if embed_dim % num_heads:
            raise ShapeError(
                "GPT: the heads do not divide the features.",
                got=f"embed_dim={embed_dim}, num_heads={num_heads}",
                expected="a number of heads that divides embed_dim",
                hint=f"embed_dim={(embed_dim // num_heads + 1) * num_heads}",
            )
        self.block_size = block_size
        self.embedding = Embedding(vocab_size, embed_dim)
        self.position = Embedding(block_size, embed_dim)
        self.dropout = Dropout(dropout)
        self.blocks = ModuleList(Block(embed_dim, num_heads, dropout, bias) for _ in range(num_layers))
        self.norm = LayerNorm(embed_dim, bias=bias)
        self.head = Linear(embed_dim, vocab_size, bias=False)
        if tie_weights:
            self.head.weight = self.embedding.weight
        for name, parameter in self.named_parameters():
            adds = name.endswith(("attention.out.weight", "mlp.2.weight"))
            if parameter.ndim == 2:
                init.normal_(parameter, std=0.02 / math.sqrt(2 * num_layers) if adds else 0.02, generator=generator)
            elif name.endswith("bias"):
                init.zeros_(parameter)

    def forward(self, tokens: Any, past: Past | None = None) -> Any:
        """Scores for what follows each token.

        `past`, a list that begins empty, keeps each block's keys and values, so that the next call is given only what is new.
        """
        blocks = self.blocks
        if past is not None and not past:
            past += [{} for _ in blocks]
        start = past[0]["key"].shape[2] if past and past[0] else 0
        end = start + tokens.shape[1]
        if end > self.block_size:
            raise ShapeError(
                "GPT: the sequence is longer than the positions that it knows.",
                got=f"{end} tokens",
                expected=f"at most block_size={self.block_size}",
                hint="tokens[:, -block_size:]",
            )
        x = self.dropout(self.embedding(tokens) + self.position(arange(start, end, device=tokens.device)))
        for i, block in enumerate(blocks):
            x = block(x, past[i] if past is not None else None)
        return self.head(self.norm(x))

    def generate(
        self,
        tokens: Any,
        count: int,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        generator: Generator | None = None,
    ) -> Tensor:
        """`tokens`, integers (L,) or (N, L), and `count` more that the model draws, each after reading those before it.

        `temperature=0` takes the likeliest each time; `top_k` lets only the k likeliest take part. See `choose`. Beyond
        block_size the model reads the last block_size tokens, from whose first the positions are then counted.
        """
        past: Past = []

        def score(everything: Tensor, new: Tensor) -> Any:
            if everything.shape[1] > self.block_size:  # every position moves, and no key or value holds any more
                return self(everything[:, -self.block_size :])[:, -1]
            return self(new, past)[:, -1]

        return extend(self, score, tokens, count, temperature, top_k, generator)
