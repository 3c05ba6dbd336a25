"""Small recorded programs that the tests of the views share."""

from dataclasses import replace

import minigrad as mg
from minigrad import Film, nn


def diamond() -> Film:
    """A value that is used three times: e = (c · d)² − c with c = a · b, d = c + a."""
    a = mg.tensor(2.0, requires_grad=True)
    b = mg.tensor(-0.5, requires_grad=True)
    with mg.record() as film:
        c = a * b
        d = c + a
        e = (c * d) * 3.0 - c
        e.backward()
    return film


def bias() -> Film:
    """A bias that is broadcast over rows."""
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    b = mg.tensor([0.5, -0.5], requires_grad=True)
    with mg.record() as film:
        y = (x + b).sum()
        y.backward()
    return film


def mlp(train: bool = False) -> Film:
    """Two linear layers and a cross-entropy."""
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    x, y = mg.randn(5, 4), mg.tensor([0, 2, 1, 1, 0])
    optimizer = mg.optim.SGD(model.parameters(), lr=0.1)
    with mg.record() as film:
        loss = nn.CrossEntropyLoss()(model(x), y)
        loss.backward()
        if train:
            optimizer.step()
    return film


def loop(passes: int) -> Film:
    """Two lines run again and again."""
    x = mg.tensor(1.0, requires_grad=True)
    with mg.record() as film:
        z = x
        for _ in range(passes):
            z = z * 0.9
            z = z + 0.1
        z.backward()
    return film


def long_film(passes: int) -> Film:
    """As `loop`, made without running it: so many passes of two operations, forward and backward."""
    model = loop(2)
    film, one = Film(), model.steps[-2].g
    film.vertices = [model.vertices[0]]
    for n in range(2 * passes):
        film.vertices.append(replace(model.vertices[1 + n % 2], id=n + 1, inputs=(n, "0.9")))
    forward, backward = (next(s for s in model.steps if s.kind == kind) for kind in ("forward", "backward"))
    last = 2 * passes
    film.steps = [replace(forward, vertex=n) for n in range(1, last + 1)]
    film.steps += [replace(backward, vertex=n, parts=((n - 1, one), (None, None))) for n in range(last, 0, -1)]
    film.steps += [replace(model.steps[-2], vertex=0), replace(model.steps[-1], vertex=last)]
    return film
