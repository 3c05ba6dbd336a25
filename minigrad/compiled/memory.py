"""Memory that is written to, in a graph where nothing is.

A symbol is a value and never changes; a tensor's memory does, and several tensors may see it. So each tensor of a captured
program holds an *address*, the symbol that its memory held first, and `Memory` knows what is there now. Writing makes a new
symbol. What was written through a view is put into what the view is of; what is read through a view of memory that was
written to is read again from there. At the end, what a memory holds last is what a replay writes, once, into the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from minigrad import ops
from minigrad.graph.ir import Symbol


class Memory:
    """What the memory of a captured program holds.

    Args:
        refuse: called with (what, hint) for what cannot be followed; it raises.

    Attributes:
        now: what a memory that was written to holds, by its address.
    """

    def __init__(self, refuse: Callable[[str, str], Any]):
        self.now: dict[Symbol, Symbol] = {}
        self._refuse = refuse
        self._seen_through: dict[Symbol, Symbol] = {}  # a view's address -> that of what it is a view of
        self._perhaps: set[Symbol] = set()  # reshapes, which share memory or not, as the strides allow
        self._address: dict[Symbol, Symbol] = {}  # a value that was read -> the address where it lay

    def address(self, value: Symbol) -> Symbol:
        """Where a value was read."""
        return self._address.get(value, value)

    def root(self, address: Symbol) -> Symbol:
        """The address of the whole memory of which `address` sees a part."""
        while address in self._seen_through:
            address = self._seen_through[address]
        return address

    def link(self, view: Symbol, source: Symbol) -> bool:
        """Whether `view`, an operation on `source`, sees the memory of `source`; remembered if so."""
        if view.op.name == "getitem" and not _is_basic(view.parameters["index"]):
            return False
        source = self.address(source)
        self._seen_through[view] = source
        if view.op.name in ("reshape", "contiguous") and not self.in_order(source):
            self._perhaps.add(view)
        return True

    def in_order(self, address: Symbol) -> bool:
        """Whether the elements are known to lie in memory in the order in which they are counted."""
        while address in self._seen_through:
            if address.op.name not in ("reshape", "contiguous"):
                return False
            address = self._seen_through[address]
        return address.op is not None or address.kind == "constant"  # what is given may have any strides

    def views(self, address: Symbol) -> list[Symbol]:
        """The views from the whole memory to `address`, outermost first."""
        chain = []
        while address in self._seen_through:
            chain.append(address)
            address = self._seen_through[address]
        return chain[::-1]

    def read(self, address: Symbol) -> Symbol:
        """What is at an address now."""
        root = self.root(address)
        value = self.now.get(root)
        if value is None:
            return address
        for view in self.views(address):
            if view.inputs[0] is value:
                value = view  # made since the last write
                continue
            self._certain(view)
            known = value
            value = view.op(known, **view.parameters)
            self._address[value] = view
        return value

    def write(self, address: Symbol, value: Symbol) -> None:
        """Let `value`, of the shape and dtype of what is there, be at an address from now on."""
        value = ops.clone(value)  # a value of its own: it may be the address of another memory
        self._address[value] = address
        for view in reversed(self.views(address)):
            self._certain(view)
            value = self._put_back(view, self.read(self._seen_through[view]), value)
            self._address[value] = self._seen_through[view]
        self.now[self.root(address)] = value

    def repeats(self, address: Symbol) -> bool:
        """Whether several elements may share one place, so that none can be written to."""
        return any(view.op.name == "broadcast_to" for view in self.views(address))

    def _put_back(self, view: Symbol, whole: Symbol, part: Symbol) -> Symbol:
        name = view.op.name
        if name == "getitem":
            return ops.index_put(whole, part, index=view.parameters["index"])
        if name in ("reshape", "contiguous"):
            return ops.reshape(part, shape=whole.shape)
        if name == "permute":
            dims = [d % whole.ndim for d in view.parameters["dims"]]
            return ops.permute(part, dims=tuple(dims.index(d) for d in range(whole.ndim)))
        self._refuse(
            f"a write through a view made by `{name}` cannot be followed in a graph",
            "write to the tensor itself, or to x[…]",
        )
        raise AssertionError

    def _certain(self, view: Symbol) -> None:
        if view in self._perhaps:
            self._refuse(
                f"`{view.op.name}` gives a view or a copy, as the strides allow, and this memory is written to",
                "x.clone() before reshaping, or write before the reshape",
            )


def _is_basic(index: Any) -> bool:
    """Whether an index only cuts, so that NumPy gives a view."""
    parts = index if isinstance(index, tuple) else (index,)
    return not any(isinstance(part, (numpy.ndarray, list, bool, numpy.bool_)) for part in parts)
