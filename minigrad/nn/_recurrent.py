"""Recurrent networks over whole sequences: layers upon layers, in one direction or both, padded or packed."""

from __future__ import annotations

import math
from typing import Any

from minigrad import ops
from minigrad.creation import zeros
from minigrad.errors import DTypeError, ShapeError
from minigrad.nn import functional
from minigrad.nn._initial import check_sizes, uniform
from minigrad.nn._module import Module
from minigrad.nn._recurrent_cells import chosen_activation, gru_step, lstm_step, rnn_step
from minigrad.nn.utils.rnn import PackedSequence
from minigrad.random import Generator


class _Recurrent(Module):
    """What all three share: the walk through layers, directions and time. `_step` is what they differ in.

    The input's share of all gates is one product for all times; only the state's share must wait for the time before.
    """

    gates: int
    states = 1  # how many tensors the state is made of

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        device: Any = None,
        dtype: Any = None,
        generator: Generator | None = None,
    ):
        super().__init__()
        example = f"{type(self).__name__}(input_size, hidden_size, num_layers)"
        sizes = {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers}
        check_sizes(self, example, device, **sizes)
        if not 0 <= dropout <= 1:
            raise DTypeError(
                f"{type(self).__name__}: dropout is no probability.",
                got=f"dropout={dropout}",
                expected="0 to 1",
                hint="dropout=0.2: between the layers, so there must be two or more",
            )
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout, self.bidirectional = bias, batch_first, dropout, bidirectional
        options = {"bound": 1 / math.sqrt(hidden_size), "device": device, "dtype": dtype, "generator": generator}
        rows = self.gates * hidden_size
        for name, below in self._runs():
            setattr(self, f"weight_ih_{name}", uniform(rows, below, **options))
            setattr(self, f"weight_hh_{name}", uniform(rows, hidden_size, **options))
            if bias:
                setattr(self, f"bias_ih_{name}", uniform(rows, **options))
                setattr(self, f"bias_hh_{name}", uniform(rows, **options))

    def _runs(self) -> list[tuple[str, int]]:
        """For each layer and direction what its parameters' names end in, and how large its inputs are."""
        directions = ("", "_reverse") if self.bidirectional else ("",)
        below = self.hidden_size * len(directions)
        return [(f"l{i}{d}", below if i else self.input_size) for i in range(self.num_layers) for d in directions]

    def _step(self, x: Any, state: tuple, weight: Any, bias: Any) -> tuple:
        raise NotImplementedError

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        if isinstance(input, PackedSequence):
            counts = input.batch_sizes.tolist()
            data, width = input.data, counts[0]
            first = self._beginning(hx, width, data, input.sorted_indices)
            z, last = self._walk(data, first, counts)
            return PackedSequence(z, *input[1:]), self._handed_out(last, input.unsorted_indices)
        if input.ndim not in (2, 3) or input.shape[-1] != self.input_size:
            batched = f"(N, L, {self.input_size})" if self.batch_first else f"(L, N, {self.input_size})"
            raise ShapeError(
                f"{type(self).__name__}: the input does not fit.",
                got=f"shape {tuple(input.shape)}, batch_first={self.batch_first}",
                expected=f"{batched}, or (L, {self.input_size}) for one sequence",
                hint="x.unsqueeze(-1) for sequences of numbers",
            )
        single = input.ndim == 2
        x = ops.unsqueeze(input, 1) if single else ops.transpose(input, 0, 1) if self.batch_first else input
        if single and hx is not None:
            hx = tuple(ops.unsqueeze(h, 1) for h in hx) if self.states > 1 else ops.unsqueeze(hx, 1)
        z, last = self._walk(x, self._beginning(hx, x.shape[1], x, None), None)
        last = [ops.squeeze(h, 1) for h in last] if single else last
        z = ops.squeeze(z, 1) if single else ops.transpose(z, 0, 1) if self.batch_first else z
        return z, self._handed_out(last, None)

    def _beginning(self, hx: Any, width: int, x: Any, order: Any) -> list[Any]:
        shape = (len(self._runs()), width, self.hidden_size)
        if hx is None:
            return [zeros(*shape, device=getattr(x, "device", None), dtype=x.dtype)] * self.states
        given = list(hx) if self.states > 1 else [hx]
        if len(given) != self.states or any(tuple(h.shape) != shape for h in given):
            raise ShapeError(
                f"{type(self).__name__}: the first state does not fit.",
                got=", ".join(str(tuple(h.shape)) for h in given),
                expected=f"{' and '.join([str(shape)] * self.states)}: layers times directions, batch, hidden_size",
                hint="hx=None to begin with zeros",
            )
        return given if order is None else [h[:, order] for h in given]

    def _handed_out(self, last: list[Any], order: Any) -> Any:
        last = last if order is None else [h[:, order] for h in last]
        return tuple(last) if self.states > 1 else last[0]

    def _walk(self, x: Any, first: list[Any], counts: list[int] | None) -> tuple[Any, list[Any]]:
        """All layers. Of padded input (L, N, …) or of packed input with its `counts`, the outputs and the last states."""
        lasts, directions = [], 2 if self.bidirectional else 1
        for layer in range(self.num_layers):
            outputs = []
            if layer and self.dropout:
                x = functional.dropout(x, self.dropout, self.training)
            for run in range(layer * directions, (layer + 1) * directions):
                z, last = self._pass(x, [h[run] for h in first], self._runs()[run][0], counts)
                outputs.append(z)
                lasts.append(last)
            x = ops.cat(outputs, dim=-1) if self.bidirectional else outputs[0]
        return x, [ops.stack(list(parts), dim=0) for parts in zip(*lasts, strict=True)]

    def _pass(self, x: Any, first: list[Any], name: str, counts: list[int] | None) -> tuple[Any, tuple]:
        """One layer in one direction. Sequences that end leave the state; backwards, they join it as they begin."""
        bias_ih, bias_hh = (getattr(self, f"bias_{of}_{name}") if self.bias else None for of in ("ih", "hh"))
        weight = getattr(self, f"weight_hh_{name}")
        x = ops.linear(x, getattr(self, f"weight_ih_{name}"), bias_ih)
        steps = list(ops.unbind(x, 0)) if counts is None else list(ops.split(x, counts, 0))
        reverse = name.endswith("_reverse")
        running = len(first[0]) if not reverse or counts is None else counts[-1]
        state, ended, outputs = tuple(h[:running] if running < len(h) else h for h in first), [], []
        for u in reversed(steps) if reverse else steps:
            if u.shape[0] < running:
                ended.append(tuple(h[u.shape[0] :] for h in state))
                state = tuple(h[: u.shape[0]] for h in state)
            elif u.shape[0] > running:
                state = tuple(ops.cat([h, f[running : u.shape[0]]], dim=0) for h, f in zip(state, first, strict=True))
            running = u.shape[0]
            state = self._step(u, state, weight, bias_hh)
            outputs.append(state[0])
        if ended:
            state = tuple(ops.cat(list(parts), dim=0) for parts in zip(state, *reversed(ended), strict=True))
        outputs = outputs[::-1] if reverse else outputs
        return ops.stack(outputs, dim=0) if counts is None else ops.cat(outputs, dim=0), state

    def extra_repr(self) -> str:
        defaults = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False}
        changed = [f"{name}={getattr(self, name)}" for name, usual in defaults.items() if getattr(self, name) != usual]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *changed])


class RNN(_Recurrent):
    """A plain recurrent network (Elman's) over sequences: all outputs, and the last state of each layer and direction.

    Args:
        num_layers: each reads the outputs of the one below.
        nonlinearity: "tanh" or "relu".
        batch_first: whether input and output are (N, L, …) rather than (L, N, …). States are never.
        dropout: between the layers.
        bidirectional: also from the end; the outputs of both stand side by side.

    Shapes: input (L, N, input_size), (L, input_size) or packed, hx (layers · directions, N, hidden_size);
    output (L, N, directions · hidden_size).
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        **options: Any,
    ):
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, **options)
        self.nonlinearity = nonlinearity
        self._activation = chosen_activation(self, nonlinearity)

    def _step(self, x: Any, state: tuple, weight: Any, bias: Any) -> tuple:
        return (rnn_step(x, state[0], weight, bias, self._activation),)


class LSTM(_Recurrent):
    """An LSTM over sequences; hx and the last state are (h, c). Options and shapes as those of `RNN`; see `lstm_step`."""

    gates, states = 4, 2

    def _step(self, x: Any, state: tuple, weight: Any, bias: Any) -> tuple:
        return lstm_step(x, state, weight, bias)


class GRU(_Recurrent):
    """A GRU over sequences. Options and shapes as those of `RNN`; see `gru_step`."""

    gates = 3

    def _step(self, x: Any, state: tuple, weight: Any, bias: Any) -> tuple:
        return (gru_step(x, state[0], weight, bias),)
