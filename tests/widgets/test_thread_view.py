"""`KernelView` of a CUDA kernel: what it shows at each moment is what the trace says."""

import base64
from types import SimpleNamespace

import numpy as np
import pytest
import thread_kernels as kernels
from thread_kernels import numbers, zeros

from minigrad_kernels.cuda.trace import trace, transactions
from minigrad_widgets import KernelView
from minigrad_widgets.thread_state import ThreadPanel
from minigrad_widgets.thread_steps import together
from minigrad_widgets.thread_view import ThreadView


def adding(**keywords):
    return KernelView(kernels.add, 2, 32, zeros(50), numbers(50), numbers(50), **keywords)


def panel(kernel, grid, block, *arguments):
    return ThreadPanel("it", trace(kernel, grid, block, *arguments))


def test_one_name_shows_loops_and_threads():
    view = adding()
    assert isinstance(view, ThreadView) and not isinstance(KernelView(lambda x: x[0], np.ones(2)), ThreadView)
    assert list(view.traces) == ["add"] and len(view) == 7  # two warps, of which each reads twice and writes
    assert (
        repr(view) == "<ThreadView: add: 21 sectors of global memory, 21 at best; step 0 of 6>"
    )  # 3 times 128 and 72 bytes
    both = KernelView.compare({"one": kernels.add, "two": view.traces["add"]}, 2, 32, *(numbers(50) for _ in range(3)))
    assert list(both.traces) == ["one", "two"] and isinstance(KernelView(both.traces["one"]), ThreadView)
    assert ">one</text>" in both.picture() and ">two</text>" in both.picture()


def test_a_step_is_what_a_warp_does_at_once():
    p = panel(kernels.add, 2, 32, zeros(50), numbers(50), numbers(50))
    reads, _, writes = p.steps[:3]
    assert (reads.kind, reads.threads, reads.elements) == ("l", tuple(range(32)), tuple(range(32)))
    assert p.rows[reads.row][1].strip() == "z[i] = x[i] + y[i]" and not any("not shown" in row for _, row in p.rows)
    assert writes.words == "block 0, warp 0: 32 threads write z"
    assert writes.more == "4 sectors of 32 bytes, 128 bytes of them used"
    last = p.steps[-1]
    assert (last.block, last.threads, last.counts) == (1, tuple(range(18)), (1, 18, 3, 3))
    assert last.more.endswith("; 18 of 32 lanes take part")
    assert last.values[:2] == ("66", "68")


def test_threads_wait_for_each_other_and_end():
    p = panel(kernels.reverse, 1, 64, zeros(64), numbers(64))
    told = [p.states(n) for n in range(len(p) + 1)]
    r, a, w, d = (32 * letter for letter in "rawd")
    assert told == [r + r, a + r, a + r, w + a, w + a, a + r, a + r, d + a, d + a]


def test_threads_that_do_nothing_more_wait_at_barriers_all_the_same():
    p = panel(kernels.one_goes_on, 1, 64, zeros(1), numbers(64))
    assert [p.states(n) for n in (3, len(p))] == [32 * "w" + 32 * "a", "a" + 63 * "d"]


def test_bank_conflicts_are_counted_and_shown():
    p = panel(kernels.columns, 1, (32, 8), zeros(32, 8), numbers(8, 32))
    reads = [s for s in p.steps if p.arrays[s.array].name == "tile" and s.kind == "l"]
    assert all(list(s.banks.values()) == 4 * [8] and s.counts[2:] == (8, 1) for s in reads)
    assert reads[0].more == "bank conflict: 8 passes in place of 1"
    assert p.totals()["passes"] == 8 + 8 * 8


def test_races_and_what_lies_outside_are_told():
    view = KernelView(kernels.racy, 1, 32, zeros(32), numbers(32))
    found = view._panels[0].findings
    assert "race on line[0]: thread 0 writes (line 5), thread 31 reads (line 6)" in found
    assert "x[32] lies outside the array: thread 31 (line 6)" in found
    steps = view._panels[0].steps
    assert [len(s.wrong) for s in steps] == [0, 32, 32, 1, 0]
    assert "33 things are wrong" in repr(view) and "and 29 more" in view.picture()


def test_an_index_below_zero_lies_outside():
    p = panel(kernels.one_goes_on, 1, 64, zeros(1), numbers(64))
    assert p.findings == ["x[-1] lies outside the array: thread 0 (line 5)"]
    assert p.steps[0].elements == (-1, *range(31)) and p.steps[0].wrong == {0}


def test_lanes_that_never_meet_go_on_all_the_same():
    ways = {0: "abcab", 1: "bcaba", 2: "c"}
    accesses = []
    for lane, way in ways.items():
        accesses += [SimpleNamespace(lane=lane, instruction=c, turn=way[:n].count(c)) for n, c in enumerate(way)]
    told = dict.fromkeys(ways, "")
    for group in together(accesses):
        assert len({(a.instruction, a.turn) for a in group}) == 1
        for a in group:
            told[a.lane] += a.instruction
    assert told == ways


def test_lanes_that_part_meet_again():
    p = panel(kernels.uneven, 1, 4, zeros(4), numbers(4))
    who = [s.threads for s in p.steps]
    assert who == [(0, 1, 2, 3), (1, 3), (1, 2, 3), (2, 3), (3,), (0, 1, 2, 3), (0, 1, 2, 3)]
    for thread in range(4):  # each in its own order
        shown = [(s.kind, s.elements[s.threads.index(thread)]) for s in p.steps if thread in s.threads]
        assert shown == [(a.kind[0], a.element) for a in p.trace.accesses if a.lane == thread]


@pytest.mark.parametrize("kernel, block", [(kernels.columns, (32, 8)), (kernels.reverse, 64), (kernels.uneven, 4)])
def test_the_table_ends_with_what_the_trace_counts(kernel, block):
    shapes = {kernels.columns: ((32, 8), (8, 32)), kernels.reverse: ((64,), (64,)), kernels.uneven: ((4,), (4,))}[
        kernel
    ]
    p = panel(kernel, 1, block, zeros(*shapes[0]), numbers(*shapes[1]))
    end = p.at(len(p)).counts
    for n, array in enumerate(p.arrays):
        counted = p.trace.counts(array.name)
        assert end[f"{n}.1"] == sum(counted.values())
        moved = [t for t in transactions(p.trace) if t.array == array.name]
        if array.space == "global":
            assert (end[f"{n}.2"], end[f"{n}.3"]) == (sum(t.sectors for t in moved), sum(t.ideal for t in moved))


def test_what_a_notebook_stores_is_the_end_or_what_was_asked_for():
    view = adding()
    data, _ = view._repr_mimebundle_()
    stored = base64.b64decode(data["text/html"].partition("base64,")[2].partition('"')[0]).decode()
    assert stored == view.still() and "block 1, warp 0: 18 threads write z" in stored
    assert 'alt="Step 6 of 6. add: 21 sectors' in data["text/html"]
    assert adding()._repr_mimebundle_()[0]["text/html"] == data["text/html"]
    assert adding(position=-5).position == 2 and "32 threads read y" in adding(position=2).still()


def test_what_is_too_large_is_refused():
    with pytest.raises(ValueError, match="too large to be drawn") as error:
        KernelView(kernels.add, 1, 32, *(zeros(2000) for _ in range(3)))
    assert "try:" in str(error.value)


def test_markup_in_names_is_escaped():
    view = KernelView({"<img src=x>": kernels.add}, 1, 32, *(numbers(9) for _ in range(3)))
    assert "<img" not in view.picture() and "&lt;img" in view.picture()
