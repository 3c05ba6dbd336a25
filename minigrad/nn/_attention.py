"""Attention with several heads: each reads other values, by other keys, in a subspace of its own."""

from __future__ import annotations

import math
from typing import Any

import numpy

from minigrad import ops
from minigrad.creation import zeros
from minigrad.dtypes import bool_
from minigrad.errors import ShapeError
from minigrad.nn import functional, init
from minigrad.nn._initial import check_sizes, uniform, zero
from minigrad.nn._linear import Linear
from minigrad.nn._module import Module
from minigrad.random import Generator


class MultiheadAttention(Module):
    r""":math:`\mathrm{softmax}(Q_h K_h^T / \sqrt d + M)\,V_h` for each head h of size d, side by side, and mapped back.

    Q, K and V are linear in query, key and value. The three maps stand in one weight, `in_proj_weight` (3 E, E), which
    begins uniform after Xavier, or in three if `kdim` or `vdim` differ; biases begin as zeros.

    Args:
        embed_dim: E, divided into `num_heads` heads.
        dropout: of the weights of the softmax, while training.
        add_bias_kv: one more key and value that are learned; add_zero_attn: one more of zeros.
        kdim, vdim: the sizes of keys and values, if not E.
        batch_first: whether inputs are (N, L, E) rather than (L, N, E).

    Source: Vaswani et al., "Attention is all you need" (2017), section 3.2.2.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        device: Any = None,
        dtype: Any = None,
        generator: Generator | None = None,
    ):
        super().__init__()
        check_sizes(self, "MultiheadAttention(embed_dim, num_heads)", device, embed_dim=embed_dim, num_heads=num_heads)
        if embed_dim % num_heads:
            raise ShapeError(
                "MultiheadAttention: the heads do not divide the features.",
                got=f"embed_dim={embed_dim}, num_heads={num_heads}",
                expected="a number of heads that divides embed_dim",
                hint=f"embed_dim={(embed_dim // num_heads + 1) * num_heads}",
            )
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim, self.vdim = embed_dim if kdim is None else kdim, embed_dim if vdim is None else vdim
        self.dropout, self.batch_first, self.add_zero_attn = dropout, batch_first, add_zero_attn

        place = {"device": device, "dtype": dtype}

        def xavier(rows: int, columns: int) -> Any:
            return uniform(rows, columns, bound=math.sqrt(6 / (rows + columns)), generator=generator, **place)

        one_weight = self.kdim == self.vdim == embed_dim
        self.register_parameter("in_proj_weight", xavier(3 * embed_dim, embed_dim) if one_weight else None)
        for name, size in (("q", embed_dim), ("k", self.kdim), ("v", self.vdim)):
            self.register_parameter(f"{name}_proj_weight", None if one_weight else xavier(embed_dim, size))
        self.register_parameter("in_proj_bias", zero(3 * embed_dim, **place) if bias else None)
        self.out_proj = Linear(embed_dim, embed_dim, bias, generator=generator, **place)
        if bias:
            self.out_proj.bias = zero(embed_dim, **place)
        for name in ("bias_k", "bias_v"):
            learned = init.xavier_normal_(zero(1, 1, embed_dim, **place), generator=generator) if add_bias_kv else None
            self.register_parameter(name, learned)  # type: ignore[arg-type]

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """What each query read, and the weights (N, L, S) with which it did, or None.

        Args:
            query: (L, N, E); key and value: (S, N, …); without the N for one example.
            key_padding_mask: (N, S), True (or -∞) for keys that are padding.
            attn_mask: (L, S) or (N · heads, L, S), True where reading is forbidden, or numbers to be added.
            average_attn_weights: False for the weights of each head, (N, heads, L, S).
            is_causal: says that `attn_mask`, which must be given, is causal.
        """
        single, same = query.ndim == 2, query is key is value
        self._check(query, key, value, is_causal and attn_mask is None)
        x, k, v = (ops.unsqueeze(t, 0) if single else t if self.batch_first else ops.transpose(t, 0, 1)
                   for t in (query, key, value))  # fmt: skip
        q, k, v = self._projected(x, k, v, same)
        mask = self._mask(attn_mask, key_padding_mask, q, k.shape[1])
        k, v, mask = self._extended(k, v, mask)
        q, k, v = (self._heads(t) for t in (q, k, v))
        dropout = self.dropout if self.training else 0.0
        weights = None
        if need_weights:
            scores = ops.matmul(q * self.head_dim**-0.5, ops.transpose(k, -2, -1))
            weights = functional.dropout(ops.softmax(scores if mask is None else scores + mask, dim=-1), dropout)
            read = ops.matmul(weights, v)
            weights = weights.mean(1) if average_attn_weights else weights
            weights = ops.squeeze(weights, 0) if single else weights
        else:
            read = functional.scaled_dot_product_attention(q, k, v, mask, dropout)
        z = self.out_proj(ops.reshape(ops.transpose(read, 1, 2), shape=(*x.shape[:2], self.embed_dim)))
        return (ops.squeeze(z, 0) if single else z if self.batch_first else ops.transpose(z, 0, 1)), weights

    def _check(self, query: Any, key: Any, value: Any, mask_missing: bool) -> None:
        sizes = tuple(t.shape[-1] for t in (query, key, value))
        wanted = self.embed_dim, self.kdim, self.vdim
        fitting = query.ndim == key.ndim == value.ndim in (2, 3) and key.shape[:-1] == value.shape[:-1]
        if sizes != wanted or not fitting or mask_missing:
            given = ", ".join(str(tuple(t.shape)) for t in (query, key, value))
            raise ShapeError(
                "MultiheadAttention: the inputs do not fit.",
                got="is_causal=True without attn_mask" if mask_missing else given,
                expected="a mask beside is_causal"
                if mask_missing
                else f"(L, N, {wanted[0]}), (S, N, {wanted[1]}), (S, N, {wanted[2]}), or N first with batch_first=True",
                hint="attn_mask=minigrad.ones(L, L).triu(1).bool()" if mask_missing else "attention(x, x, x)",
            )

    def _projected(self, x: Any, k: Any, v: Any, same: bool) -> list[Any]:
        if same and self.in_proj_weight is not None:
            return list(ops.chunk(ops.linear(x, self.in_proj_weight, self.in_proj_bias), 3, -1))
        weights = (
            [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
            if self.in_proj_weight is None
            else ops.chunk(self.in_proj_weight, 3, 0)
        )
        biases = [None] * 3 if self.in_proj_bias is None else ops.chunk(self.in_proj_bias, 3, 0)
        return [ops.linear(t, w, b) for t, w, b in zip((x, k, v), weights, biases, strict=True)]

    def _heads(self, x: Any) -> Any:
        """(N, L, E) to (N, heads, L, E / heads)."""
        parts = ops.reshape(x, shape=(x.shape[0], x.shape[1], self.num_heads, self.head_dim))
        return ops.transpose(parts, 1, 2)

    def _mask(self, attn_mask: Any, key_padding_mask: Any, q: Any, keys: int) -> Any:
        """Both masks as one of numbers to be added, which broadcasts to (N, heads, L, S); None if there is none."""
        total = None
        if attn_mask is not None:
            total = _numbers(attn_mask, q.dtype)
            if total.ndim == 3:
                total = ops.reshape(total, shape=(-1, self.num_heads, q.shape[1], keys))
        if key_padding_mask is not None:
            padding = _numbers(key_padding_mask, q.dtype)
            padding = ops.reshape(padding, shape=(-1, 1, 1, keys))
            total = padding if total is None else total + padding
        return total

    def _extended(self, k: Any, v: Any, mask: Any) -> tuple[Any, Any, Any]:
        """Keys and values with those that are learned, and with zeros, which no mask shuts out."""
        n, more = k.shape[0], 0
        if self.bias_k is not None:
            k, v = (
                ops.cat([t, b.expand(n, 1, self.embed_dim)], dim=1) for t, b in ((k, self.bias_k), (v, self.bias_v))
            )
            more += 1
        if self.add_zero_attn:
            k, v = (ops.cat([t, zeros(n, 1, self.embed_dim, device=t.device, dtype=t.dtype)], dim=1) for t in (k, v))
            more += 1
        return k, v, mask if mask is None or not more else ops.pad(mask, (0, more))


def _numbers(mask: Any, dtype: Any) -> Any:
    """A mask of truth values (True: forbidden) as numbers to be added; one of numbers as it is."""
    if mask.dtype == bool_:
        return ops.where(mask, numpy.asarray(-numpy.inf, dtype), numpy.zeros((), dtype))
    return mask.to(dtype)
