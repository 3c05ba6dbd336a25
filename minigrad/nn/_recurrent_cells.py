r"""One step of a recurrent network: the state after it, from the input and the state before it.

Parameters are PyTorch's: `weight_ih` (gates · hidden_size, input_size), `weight_hh` (gates · hidden_size, hidden_size) and
two biases, all uniform in :math:`\pm 1/\sqrt{\mathit{hidden}}`. (One bias would do. Two is what saved models have.)
"""

from __future__ import annotations

import math
from typing import Any

from minigrad import ops
from minigrad.creation import zeros
from minigrad.errors import DTypeError, ShapeError
from minigrad.nn._initial import check_sizes, uniform
from minigrad.nn._module import Module
from minigrad.random import Generator


def rnn_step(x: Any, h: Any, weight: Any, bias: Any, activation: Any) -> Any:
    r""":math:`h' = f(u + W_{hh} h + b_{hh})`, x being :math:`u = W_{ih} x + b_{ih}` already. Source: Elman (1990)."""
    return activation(x + ops.linear(h, weight, bias))


def lstm_step(x: Any, state: Any, weight: Any, bias: Any) -> tuple[Any, Any]:
    r"""Input, forget and output gates :math:`i, f, o` and a proposal :math:`g`, all of x and h.

    :math:`c' = f c + i g` and :math:`h' = o \tanh c'`: along c the gradient is only multiplied by f, which can stay near 1.

    Source: Hochreiter and Schmidhuber, "Long short-term memory" (1997); the forget gate, Gers et al. (2000).
    """
    h, c = state
    i, f, g, o = ops.chunk(x + ops.linear(h, weight, bias), 4, -1)
    c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
    return ops.sigmoid(o) * ops.tanh(c), c


def gru_step(x: Any, h: Any, weight: Any, bias: Any) -> Any:
    r"""A reset gate r, an update gate z and a proposal :math:`n = \tanh(u_n + r (W_{hn} h + b_{hn}))`: :math:`h' = n + z (h - n)`.

    The reset acts after the matrix (as in PyTorch and cuDNN), not before it. Source: Cho et al. (2014).
    """
    of_x, of_h = ops.chunk(x, 3, -1), ops.chunk(ops.linear(h, weight, bias), 3, -1)
    r, z = (ops.sigmoid(a + b) for a, b in zip(of_x[:2], of_h[:2], strict=True))
    n = ops.tanh(of_x[2] + r * of_h[2])
    return n + z * (h - n)


class _Cell(Module):
    gates: int

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
        generator: Generator | None = None,
    ):
        super().__init__()
        example = f"{type(self).__name__}(input_size, hidden_size)"
        check_sizes(self, example, device, input_size=input_size, hidden_size=hidden_size)
        self.input_size, self.hidden_size = input_size, hidden_size
        options = {"bound": 1 / math.sqrt(hidden_size), "device": device, "dtype": dtype, "generator": generator}
        rows = self.gates * hidden_size
        self.weight_ih = uniform(rows, input_size, **options)
        self.weight_hh = uniform(rows, hidden_size, **options)
        self.register_parameter("bias_ih", uniform(rows, **options) if bias else None)
        self.register_parameter("bias_hh", uniform(rows, **options) if bias else None)

    def _of_input(self, x: Any) -> Any:
        if x.ndim not in (1, 2) or x.shape[-1] != self.input_size:
            raise ShapeError(
                f"{type(self).__name__}: the input does not fit.",
                got=f"shape {tuple(x.shape)}",
                expected=f"(N, {self.input_size}) or ({self.input_size},)",
                hint=f"nn.{type(self).__name__.removesuffix('Cell')} for a whole sequence",
            )
        return ops.linear(x, self.weight_ih, self.bias_ih)

    def _first(self, x: Any) -> Any:
        return zeros(*x.shape[:-1], self.hidden_size, device=getattr(x, "device", None), dtype=x.dtype)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias_ih is not None else ", bias=False")


class RNNCell(_Cell):
    """One step of a plain recurrent network, with "tanh" or "relu". Shapes: (N, input_size), (N, hidden_size)."""

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        device: Any = None,
        dtype: Any = None,
        generator: Generator | None = None,
    ):
        super().__init__(input_size, hidden_size, bias, device=device, dtype=dtype, generator=generator)
        self.nonlinearity = nonlinearity
        self._activation = chosen_activation(self, nonlinearity)

    def forward(self, input: Any, hx: Any = None) -> Any:
        h = self._first(input) if hx is None else hx
        return rnn_step(self._of_input(input), h, self.weight_hh, self.bias_hh, self._activation)

    def extra_repr(self) -> str:
        return super().extra_repr() + (f", nonlinearity={self.nonlinearity}" if self.nonlinearity != "tanh" else "")


class LSTMCell(_Cell):
    """One step of an LSTM: input and (h, c) in, (h, c) out. See `lstm_step`."""

    gates = 4

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        state = (self._first(input), self._first(input)) if hx is None else hx
        return lstm_step(self._of_input(input), state, self.weight_hh, self.bias_hh)


class GRUCell(_Cell):
    """One step of a GRU: input and h in, h out. See `gru_step`."""

    gates = 3

    def forward(self, input: Any, hx: Any = None) -> Any:
        h = self._first(input) if hx is None else hx
        return gru_step(self._of_input(input), h, self.weight_hh, self.bias_hh)


def chosen_activation(module: Module, nonlinearity: str) -> Any:
    """The function of that name. Errors: DTypeError for another than "tanh" and "relu"."""
    known = {"tanh": ops.tanh, "relu": ops.relu}
    if nonlinearity not in known:
        raise DTypeError(
            f"{type(module).__name__}: unknown nonlinearity.",
            got=repr(nonlinearity),
            expected="'tanh' or 'relu'",
            hint="nonlinearity='tanh', which keeps the state within -1 and 1",
        )
    return known[nonlinearity]
