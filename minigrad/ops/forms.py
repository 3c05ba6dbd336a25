"""The forms that elementwise operations have: of one input, of several that broadcast."""

from __future__ import annotations

from functools import partial

from minigrad import shapes
from minigrad.op import op

elementwise = partial(op, elementwise=True)
unary = partial(elementwise, shape=shapes.same)
binary = partial(elementwise, shape=shapes.broadcast)
