"""Which operations of a program can be computed together: groups that become one kernel each.

Two operations belong together if they run over the same elements and one reads the other: kept apart, what is between them
goes to memory and back. But not every such pair may be joined. If x → a → b and x → b, with a something that cannot be
fused, a kernel of x and b would have to run before a, for its x, and after a, for its b. So for each group it is known
which others it waits for, directly or not, and a join that would make a group wait for itself is not made.

The sets are bits of Python integers, so joining and asking are single operations however many groups there are.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Container, Sequence
from typing import Any

from minigrad.graph.description import REDUCTIONS, first_axes, last_axes, source_of
from minigrad.graph.fusible import elements, fits, float_dtype, padded
from minigrad.graph.ir import Symbol
from minigrad.graph.program import changeable

# Of how many operations a kernel is worth its compilation.
LEAST = 2
# A kernel of more operations takes longer to compile than it saves; one of more arrays, longer to call.
MOST, MOST_ARRAYS = 48, 24


class Group:
    """Operations over the same elements.

    Attributes: number; members, in order; shape and dtype of the elements; reduced, over how many of the last axes its
    reductions go; waits, the numbers of the groups that must run before it, as bits.
    """

    def __init__(self, number: int, shape: tuple[int, ...] = (), dtype: Any = None, reduced: int = 0):
        self.number, self.shape, self.dtype, self.reduced = number, shape, dtype, reduced
        self.members: list[Symbol] = []
        self.waits = 0

    @property
    def row(self) -> tuple[int, ...]:
        """The shape of what is the same for all elements of a row."""
        return (*self.shape[: len(self.shape) - self.reduced], *(1,) * self.reduced)


class Clusters:
    """A program's needed symbols in groups; what cannot be fused is alone in one.

    Args:
        outputs: what is wanted of them.
        scalar: says whether an elementwise operation has a scalar function.
        alone: what is not to be fused.

    Attributes: groups, by number; of, the group of each symbol. The dtype of a group that is no kernel is None.
    """

    def __init__(
        self,
        symbols: Sequence[Symbol],
        outputs: Container[Symbol],
        scalar: Callable[[Symbol], Any],
        alone: Container[Symbol] = (),
    ):
        self._outputs, self._scalar, self._alone = outputs, scalar, alone
        self.groups: dict[int, Group] = {}
        self.of: dict[Symbol, Group] = {}
        self._effects: dict[int, list[int]] = {}
        last_effect: Symbol | None = None
        for symbol in symbols:
            before = (
                [last_effect] if last_effect is not None and symbol.op is not None and not changeable(symbol) else []
            )
            self._sort(symbol, before)
            last_effect = symbol if symbol.op is not None and not changeable(symbol) else last_effect
        self._sink(symbols)
        for group in self.groups.values():
            if len(group.members) < LEAST:
                group.dtype = None

    def in_order(self) -> list[Group]:
        """The groups, each after those it waits for; as late as their last member was, where there is a choice."""
        users: dict[int, list[Group]] = {number: [] for number in self.groups}
        waiting: dict[int, int] = {}
        for group in self.groups.values():
            direct = {self.of[x].number for s in group.members for x in self._reads(s, group) if x in self.of}
            direct -= {group.number}
            direct |= set(self._effects.get(group.number, ()))
            waiting[group.number] = len(direct)
            for number in direct:
                users[number].append(group)
        ready = [(max(s.place for s in g.members), n) for n, g in self.groups.items() if not waiting[n]]
        heapq.heapify(ready)
        found = []
        while ready:
            group = self.groups[heapq.heappop(ready)[1]]
            found.append(group)
            for user in users[group.number]:
                waiting[user.number] -= 1
                if not waiting[user.number]:
                    heapq.heappush(ready, (max(s.place for s in user.members), user.number))
        return found

    # -- one symbol after the other ------------------------------------------------------------------------------------

    def _sort(self, s: Symbol, before: list[Symbol]) -> None:
        group = None
        if s not in self._alone and not before and not s.after and changeable(s) and s.op.name != "broadcast_to":
            shape = elements(s)
            if shape is not None and fits(s, shape, self._scalar):
                group = self._join(s, shape)
        if group is None:
            group = self._new(s)
            for x in before:
                self._effects.setdefault(group.number, []).append(self.of[x].number)
        group.members.append(s)
        self.of[s] = group
        self._wait(group, self._waits_for(s, group, before))

    def _new(self, s: Symbol) -> Group:
        group = Group(len(self.of) + 1)
        self.groups[group.number] = group
        return group

    def _join(self, s: Symbol, shape: tuple[int, ...]) -> Group:
        """The group that `s` belongs to: one of those it reads, or several joined, or a new one."""
        reduced = last_axes(s) if s.op.name in REDUCTIONS and not first_axes(s) else 0
        found: Group | None = None
        for x in dict.fromkeys(source_of(x) for x in s.inputs if isinstance(x, Symbol)):
            group = self.of.get(x)
            if group is None or group.dtype is None or group is found or not self._may_join(s, shape, reduced, group):
                continue
            if found is None:
                found = group
            elif self._may_merge(found, group):
                found = self._merge(found, group)
        if found is None:
            found = self._new(s)
            found.shape, found.dtype = shape, float_dtype(s)
        found.reduced = found.reduced or reduced
        return found

    def _may_join(self, s: Symbol, shape: tuple[int, ...], reduced: int, group: Group) -> bool:
        """Whether the shapes agree, nothing that `s` reads waits for the group, and it can be written as one."""
        if group.dtype != float_dtype(s) or len(group.members) >= MOST:
            return False
        if reduced and group.reduced not in (0, reduced):
            return False
        of_rows = shape != group.shape and group.reduced and s.op.elementwise and padded(s.shape, group.row)
        if shape != group.shape and not of_rows:
            return False
        inside = set(group.members)
        for x in (source_of(x) for x in s.inputs if isinstance(x, Symbol)):
            if x in inside:
                if x.op.name in REDUCTIONS and (first_axes(x) or (x.shape != () and x.shape != group.row)):
                    return False  # its value is there at the end only, or is aligned with other axes
            elif x in self.of and self.of[x].waits >> group.number & 1:
                return False
        arrays = {x for m in (*group.members, s) for x in m.inputs if isinstance(x, Symbol) and x not in inside}
        return len(arrays) <= MOST_ARRAYS

    def _may_merge(self, one: Group, other: Group) -> bool:
        """Whether two groups can be one: of a kind, and nothing between them."""
        if (one.shape, one.dtype) != (other.shape, other.dtype) or len({one.reduced, other.reduced} - {0}) > 1:
            return False
        if len(one.members) + len(other.members) >= MOST:
            return False
        for first, second in ((one, other), (other, one)):
            if any(
                g.waits >> first.number & 1 and second.waits >> g.number & 1 for g in self.groups.values()
            ):  # first, then something else, then second
                return False
            inside = set(first.members)
            for m in second.members:
                for x in (source_of(x) for x in m.inputs if isinstance(x, Symbol)):
                    if x in inside and x.op.name in REDUCTIONS and (first_axes(x) or x.shape not in ((), first.row)):
                        return False
        return True

    def _merge(self, one: Group, other: Group) -> Group:
        del self.groups[other.number]
        one.members = sorted({*one.members, *other.members}, key=lambda s: s.place)
        one.reduced = one.reduced or other.reduced
        for s in other.members:
            self.of[s] = one
        for group in self.groups.values():
            if group.waits >> other.number & 1:
                group.waits |= 1 << one.number
        one.waits = (one.waits | other.waits) & ~(1 << one.number | 1 << other.number)
        self._wait(one, one.waits)
        return one

    def _wait(self, group: Group, waits: int) -> None:
        """The group waits for these; so does whoever waits for it."""
        group.waits |= waits
        bit = 1 << group.number
        for other in self.groups.values():
            if other.waits & bit:
                other.waits |= group.waits

    def _waits_for(self, s: Symbol, group: Group, before: list[Symbol]) -> int:
        waits = 0
        for x in (*self._reads(s, group), *before):
            its = self.of.get(x)
            if its is not None and its is not group:
                waits |= its.waits | 1 << its.number
        return waits & ~(1 << group.number)

    @staticmethod
    def _reads(s: Symbol, group: Group) -> list[Symbol]:
        """What must be there before `s`: in a kernel, not what is only repeated, but what is repeated there."""
        inputs = [x for x in s.inputs if isinstance(x, Symbol)]
        return [*(inputs if group.dtype is None else map(source_of, inputs)), *s.after]

    def _sink(self, symbols: Sequence[Symbol]) -> None:
        """Move what only a later group reads into that group, if all it is made of is there anyway.

        The backward pass of tanh needs 1 - z². It could be computed together with z; but then it would be written,
        and kept until it is read. Computed where it is read, it costs nothing.
        """
        readers: dict[Symbol, list[Symbol]] = {}
        for s in symbols:
            for x in (x for x in s.inputs if isinstance(x, Symbol)):
                readers.setdefault(x, []).append(s)
        for s in reversed(symbols):
            home, those = self.of[s], readers.get(s, [])
            to = self.of[those[0]] if those else home
            moving: dict[Symbol, None] = {}
            if home.dtype is not None and to is not home and self._may_sink(s, to, readers, moving):
                home.members = [m for m in home.members if m not in moving]
                if not home.members:
                    del self.groups[home.number]
                self.of.update((m, to) for m in moving)
                to.members = sorted([*to.members, *moving], key=lambda m: m.place)

    def _may_sink(self, s: Symbol, to: Group, readers: dict[Symbol, list[Symbol]], moving: dict[Symbol, None]) -> bool:
        """Whether `s` may move, with what only it reads; `moving` collects them."""
        home = self.of[s]
        alike = (to.shape, to.dtype) == (home.shape, home.dtype) and s.shape == to.shape and s.op.elementwise
        if not alike or s in self._outputs or len(to.members) + len(moving) >= MOST:
            return False
        if any(source_of(u) is not u or (u not in moving and self.of[u] is not to) for u in readers[s]):
            return False
        moving[s] = None
        for x in map(source_of, s.inputs):
            if not isinstance(x, Symbol) or self.of.get(x) is not home or x in moving or x in self._outputs:
                continue
            others = [self.of[u] for u in readers.get(x, []) if u not in moving]
            if all(g is home for g in others) and (others or not self._may_sink(x, to, readers, moving)):
                return False  # it would have to be written for `s`
        return True
