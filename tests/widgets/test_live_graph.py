import pytest

import minigrad as mg
from minigrad import events
from minigrad_widgets import GraphView, LiveGraph


@pytest.fixture(autouse=True)
def silence():
    yield
    if LiveGraph._listening is not None:
        LiveGraph._listening.stop()
    assert events.LISTENERS == []


def program():
    x = mg.tensor(1.0, requires_grad=True)
    y = mg.exp(x)
    z = y * (y + 1)
    z.backward()


def test_it_ends_as_the_drawing_of_the_film():
    with LiveGraph() as live:
        x = mg.tensor(1.0, requires_grad=True)
        y = mg.exp(x)
        z = y * (y + 1)
        z.backward()
    with mg.record() as film:
        x = mg.tensor(1.0, requires_grad=True)
        y = mg.exp(x)
        z = y * (y + 1)
        z.backward()
    assert live.picture() == GraphView(film).picture()


def test_it_grows_while_the_program_runs(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("minigrad_widgets.live_graph.time.monotonic", lambda: now[0])
    x = mg.tensor(1.0, requires_grad=True)
    told = []
    with LiveGraph() as live:
        live.observe(lambda change: told.append(len(live._scene.nodes)), "_data")
        for step in range(30):
            now[0] = step / 20
            x = x * 2
    assert told[0] < told[-1] == 31
    assert 14 <= len(told) <= 17  # 30 steps in one and a half seconds, ten drawings a second


def test_a_drawing_that_takes_long_is_made_less_often(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("minigrad_widgets.live_graph.time.monotonic", lambda: now[0])
    drawn = []

    class Slow(LiveGraph):
        def _prepare(self):
            super()._prepare()
            drawn.append(now[0])
            now[0] += 1.0

    x = mg.tensor(1.0, requires_grad=True)
    with Slow():
        for _ in range(40):
            now[0] += 0.5
            x = x * 2
    assert len(drawn) <= 6


def test_one_listens_at_a_time_and_none_afterwards():
    first, second = LiveGraph(), LiveGraph()
    program()
    assert not first.film.vertices and len(second.film.vertices) == 4
    second.stop()
    second.stop()
    program()
    assert len(second.film.vertices) == 4 and events.LISTENERS == []


def test_it_stops_by_itself():
    live = LiveGraph(limit=20)
    x = mg.tensor(1.0, requires_grad=True)
    for _ in range(100):
        x = x * 2
    assert len(live.film.vertices) == 20 and LiveGraph._listening is None


def test_modules_are_open_as_in_the_drawing_at_rest():
    from minigrad import nn

    with LiveGraph() as live:
        nn.Sequential(nn.Linear(2, 3), nn.ReLU())(mg.randn(1, 2))
    assert "0: Linear" in live.picture()
