"""`KernelView`: what it shows at each moment is what the trace and the cache say."""

import base64

import loops
import numpy as np
import pytest

from minigrad_widgets import Cache, KernelView, trace
from minigrad_widgets.kernel_state import Panel, shown_rows

MARKUP = '<img src=x onerror="alert(1)">&\'"</script>'


def orders(**keywords):
    both = {"i, j, k": loops.matmul_ijk, "i, k, j": loops.matmul_ikj}
    return KernelView.compare(both, *loops.matrices(8), **keywords)


def test_two_orders_of_the_loops_on_the_same_data():
    view = orders()
    slow, fast = view.caches.values()
    assert (slow.misses, fast.misses) == (584, 80)
    one, other = (t.values["z"] for t in view.traces.values())
    np.testing.assert_allclose(one, other, rtol=1e-6)
    assert len(view) == 1601 and view.position == 0
    assert repr(view).startswith("<KernelView: i, j, k: 1,024 reads, 64 writes, 584 misses") and "0x" not in repr(view)


@pytest.mark.parametrize("ways", [1, 4])
def test_a_moment_counts_and_holds_what_the_cache_does(ways):
    t = trace(loops.planes, *loops.volume())
    panel = Panel("x", t, Cache(line=16, size=64, ways=ways))
    lines = [
        set() for _ in range(4 // ways)
    ]  # by hand, as a cache without an order: what is held is never more than fits
    for n in range(len(t) + 1):
        moment = panel.at(n)
        assert moment.counts["all.reads"] + moment.counts["all.writes"] == n
        assert moment.counts["all.misses"] == (~panel.run.hit[:n]).sum()
        assert sum(moment.counts[f"{k}.misses"] for k in range(3)) == moment.counts["all.misses"]
        held = [set() for _ in lines]
        for line in moment.held:
            held[int(panel.known[line]) % len(lines)].add(line)
        assert all(len(h) <= ways for h in held)
        if n < len(t):  # a line is held if and only if its next access hits
            assert (int(panel.line_of[panel.cells[n]]) in moment.held) == panel.run.hit[n]
    assert panel.at(len(t)).counts["back"] == panel.run.written


def test_a_moment_says_what_happens():
    panel = orders()._panels[0]
    assert panel.at(0).words == "before the first access"
    assert panel.at(2).words == "reads y[0, 0] = 7: miss, its line comes in"
    assert panel.at(3).words == "reads x[0, 1] = 0.125: hit"
    assert panel.at(2 * 8 + 3).words == "reads y[0, 1] = 7.12: miss, its line had been pushed out"
    assert panel.rows[panel.at(3).row][1].strip() == "total += x[i, k] * y[k, j]"
    assert panel.at(5000).words == "finished after 1,088 accesses"
    assert [cell for cell, _, _ in panel.at(3).trail] == [1, 64, 0]


def test_the_source_is_shown_without_docstring_and_not_too_long():
    rows = shown_rows('def f(x):\n    """Two\n    lines."""\n\n    return x', set())
    assert rows == [(1, "def f(x):"), (5, "    return x")]
    long = "\n".join(f"x[{n}]" for n in range(1, 101))
    assert [number for number, _ in shown_rows(long, {60, 61})] == list(range(57, 89))
    assert len(shown_rows("z = map(lambda x: x[0],", {1})) == 1


def test_positions_stay_inside():
    view = orders(position=-1)
    assert view.position == 1600
    view.position = 9999
    assert view.position == 1600
    view.position = -5
    assert view.position == 0


def test_what_a_notebook_stores_is_the_end_or_what_was_asked_for():
    view = orders()
    data, _ = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data and data["text/plain"] == repr(view)
    stored = base64.b64decode(data["text/html"].partition("base64,")[2].partition('"')[0]).decode()
    assert stored == view.still() and "finished after 1,600 accesses" in stored
    assert 'alt="Access 1,600 of 1,600. i, j, k: 1,024 reads' in data["text/html"]
    assert orders()._repr_mimebundle_()[0]["text/html"] == data["text/html"]
    asked = orders(position=2)
    assert asked.still() == asked.picture() and "reads y[0, 0] = 7" in asked.still()


def test_one_kernel_and_a_trace_made_before():
    view = KernelView(trace(loops.planes, *loops.volume()))
    assert list(view.traces) == ["planes"] and "sums" in view.picture()


def test_an_empty_kernel_is_shown_too():
    view = KernelView(lambda x: None, np.ones((2, 2)))
    assert len(view) == 1 and "finished after 0 accesses" in view.picture()


def test_markup_in_names_and_source_is_escaped():
    def kernel(x):
        return x[0], "<img src=x>"

    t = trace(kernel, np.ones(3))
    t.arrays[0].name = MARKUP
    view = KernelView({MARKUP: t}, position=1)
    for drawn in (view.picture(), view._data["panels"][0]["svg"]):
        assert "<img" not in drawn and "</script" not in drawn and "&lt;img" in drawn
    assert view.static_html().count("<img") == 1


@pytest.mark.parametrize("size", [(65, 64), (8, 2600)])
def test_what_is_too_large_is_refused(size):
    t = trace(lambda x: x.sum(), np.ones(size))
    with pytest.raises(ValueError, match="too large to be drawn") as error:
        KernelView(t)
    assert "try:" in str(error.value)


def test_a_picture_is_saved(tmp_path):
    view = orders(position=7)
    assert view.save(tmp_path / "x.svg").read_text(encoding="utf-8") == view.picture()
