"""Hooks on modules, against PyTorch's: what they see, in which order, and what they may replace."""

from types import ModuleType

import numpy
import pytest

import minigrad
from minigrad import nn, tensor
from minigrad.errors import GraphError

X, Y = numpy.random.default_rng(0).standard_normal((2, 3, 2))


class TestAgainstPyTorch:
    """The same program with both libraries."""

    @staticmethod
    def make(library: ModuleType):
        class Net(library.nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = library.nn.Tanh()

            def forward(self, x, y=None, scale=1.0):
                z = self.inner(x) * scale
                return (z, z * y) if y is not None else z

        return Net()

    def both(self, torch: ModuleType, program) -> None:
        mine, other = ([numpy.asarray(v) for v in program(lib, self.make(lib))] for lib in (minigrad, torch))
        assert len(mine) == len(other)
        for a, b in zip(mine, other, strict=True):
            numpy.testing.assert_allclose(a, b, rtol=1e-12)

    def test_forward_hooks_see_and_replace(self, torch: ModuleType) -> None:
        def program(lib, net):
            order: list = []
            net.register_forward_pre_hook(lambda m, xs: order.append(1))
            net.register_forward_pre_hook(lambda m, xs: xs[0] * 2)
            net.register_forward_pre_hook(lambda m, xs: order.append(0), prepend=True)
            net.register_forward_pre_hook(lambda m, xs, kw: (xs, {"scale": kw["scale"] + 1}), with_kwargs=True)
            net.register_forward_hook(lambda m, xs, z: z + xs[0])
            net.register_forward_hook(lambda m, xs, kw, z: z * kw["scale"], with_kwargs=True)
            gone = net.register_forward_hook(lambda m, xs, z: order.append(9))
            gone.remove()
            return [net(lib.tensor(X), scale=3.0), order]

        self.both(torch, program)

    @pytest.mark.parametrize("several", [False, True])
    @pytest.mark.parametrize("replacing", [False, True])
    def test_backward_hooks_see_and_replace(self, several, replacing, torch: ModuleType) -> None:
        def program(lib, net):
            seen: list = []

            def hook(module, grad_input, grad_output):
                seen.extend([*grad_input, *grad_output])
                return tuple(g * 3 for g in grad_input) if replacing else None

            net.register_full_backward_hook(hook)
            net.register_full_backward_pre_hook(lambda m, gs: tuple(g + 1 for g in gs) if replacing else None)
            xs = [lib.tensor(v).requires_grad_() for v in ((X, Y) if several else (X,))]
            output = net(*xs)
            loss = (output[0] * output[1]).sum() if several else (output * output).sum()
            loss.backward()
            return [*seen, *(x.grad for x in xs), loss.detach()]

        self.both(torch, program)

    @pytest.mark.filterwarnings("ignore:Full backward hook is firing")
    def test_a_backward_hook_without_gradients_of_inputs(self, torch: ModuleType) -> None:
        def program(lib, net):
            layer = lib.nn.Linear(2, 2, bias=False).double()
            with lib.no_grad():
                layer.weight.copy_(lib.tensor(X[:2]))
            seen: list = []
            layer.register_full_backward_hook(lambda m, into, out: seen.extend([len(out), out[0]]))
            layer(lib.tensor(Y)).sum().backward()
            return [*seen, layer.weight.grad]

        self.both(torch, program)


def test_a_handle_ends_with_its_block() -> None:
    net, calls = nn.ReLU(), []
    with net.register_forward_hook(lambda m, xs, z: calls.append(1)):
        net(tensor([1.0]))
    net(tensor([1.0]))
    assert calls == [1]


def test_a_hook_that_returns_another_number_of_gradients_is_refused() -> None:
    net = nn.Tanh()
    net.register_full_backward_hook(lambda m, into, out: (into[0], into[0]))
    with pytest.raises(GraphError, match="another number of gradients"):
        net(tensor([1.0], requires_grad=True)).sum().backward()


def test_a_compiled_program_sees_a_new_hook() -> None:
    net = nn.Linear(2, 2)
    step = minigrad.compile(lambda x: net(x))
    x = tensor(X).float()
    before = [step(x) for _ in range(3)][-1].numpy().copy()
    handle = net.register_forward_hook(lambda m, xs, z: z * 2)
    numpy.testing.assert_allclose(step(x).numpy(), before * 2, rtol=1e-6)
    numpy.testing.assert_allclose(step(x).numpy(), before * 2, rtol=1e-6)
    handle.remove()
    numpy.testing.assert_allclose(step(x).numpy(), before, rtol=1e-6)
