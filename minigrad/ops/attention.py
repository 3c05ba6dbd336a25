"""Attention: every query reads a mean of values, weighted by how well their keys fit it."""

from __future__ import annotations

import numpy

from minigrad import dtypes
from minigrad.errors import GraphError, ShapeError
from minigrad.ops.compare import eq
from minigrad.ops.composed import composed
from minigrad.ops.dropout import dropout
from minigrad.ops.elementwise import add, mul, where
from minigrad.ops.linalg import matmul
from minigrad.ops.reduce import all, softmax
from minigrad.ops.shape import transpose


@composed
def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None):
    r""":math:`\mathrm{softmax}(Q K^T / \sqrt{d} + M)\,V`, the softmax over the keys.

    A scalar product of :math:`d` independent numbers of variance 1 has the variance :math:`d`; divided by its root, the
    softmax stays where it has a slope. The mask is added (:math:`-\infty` shuts a key out), or, of truth values, says
    which keys take part. A query that sees no key reads 0. Dropout takes whole weights away, whatever mode a model is in.

    Shapes: query (…, L, E), key (…, S, E), value (…, S, F), mask (…, L, S); result (…, L, F).
    Source: Vaswani et al. (2017), equation 1.
    """
    if min(len(x.shape) for x in (query, key, value)) < 2:
        raise ShapeError(
            "queries, keys and values are rows of matrices.",
            got=", ".join(str(tuple(x.shape)) for x in (query, key, value)),
            expected="at least 2 dimensions each: (…, L, E), (…, S, E), (…, S, F)",
            hint="x.unsqueeze(0) for a single one",
        )
    if attn_mask is not None and is_causal:
        raise GraphError(
            "there is a mask beside is_causal, which is a mask.",
            got=f"attn_mask {tuple(attn_mask.shape)} and is_causal=True",
            expected="one of them",
            hint="a mask that is also causal: mask.tril() of truth values",
        )
    blind = None
    if is_causal:
        attn_mask = numpy.triu(numpy.full((query.shape[-2], key.shape[-2]), -numpy.inf, query.dtype), 1)
    elif attn_mask is not None:
        if attn_mask.dtype == dtypes.bool_:
            attn_mask = where(attn_mask, numpy.zeros((), query.dtype), numpy.asarray(-numpy.inf, query.dtype))
        blind = all(eq(attn_mask, -numpy.inf), dim=-1, keepdim=True)
        attn_mask = where(blind, 0.0, attn_mask)  # all -∞ would give NaN
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    scores = matmul(mul(query, scale), transpose(key, -2, -1))
    weights = softmax(scores if attn_mask is None else add(scores, attn_mask), dim=-1)
    read = matmul(dropout(weights, dropout_p), value)
    return read if blind is None else where(blind, 0.0, read)


__all__ = ["scaled_dot_product_attention"]
