"""The networks in PyTorch's best modes: what its documentation advises beyond the defaults."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks.architectures import LSTM, FusedTransformer, Library, Network, Transformer, theirs


class OwnLSTM(LSTM):
    """The recurrence of `torch.nn.LSTM`, with the same weights."""

    def build(self) -> None:
        super().build()
        self.lstm: Any = torch.nn.LSTM(self.inputs, self.width)
        own = (self.lstm.weight_ih_l0, self.lstm.weight_hh_l0, self.lstm.bias_ih_l0, self.lstm.bias_hh_l0)
        with torch.no_grad():
            for parameter, value in zip(own, (self.w, self.u, self.b, torch.zeros_like(self.b)), strict=True):
                parameter.copy_(value)
        self.parameters = [*own, *self.last]

    def loss(self, size: int | None = None) -> Any:
        h, _ = self.lstm(self.x)
        return self.F.cross_entropy(self.F.linear(h[-1], *self.last), self.y)


def library() -> Library:
    """With the update of all parameters in one kernel."""
    return theirs()._replace(sgd=lambda parameters: torch.optim.SGD(parameters, lr=0.01, fused=True))


def channels_last(network: Network) -> Network:
    """Images and windows in the order of memory that convolutions like better."""
    for parameter in network.parameters:
        if parameter.ndim == 4:
            parameter.data = parameter.data.to(memory_format=torch.channels_last)
    if network.x.ndim == 4:
        network.x = network.x.to(memory_format=torch.channels_last)
    return network


def best(network: type[Network]) -> Network:
    """Without compiling: channels last, attention and recurrence of PyTorch's own, the fused update."""
    instead = {Transformer: FusedTransformer, LSTM: OwnLSTM}
    return channels_last(instead.get(network, network)(library()))


def compiled(network: type[Network]) -> Network:
    """The loss and its gradient by `torch.compile`, with the fused update."""
    made = network(library())
    made.loss = torch.compile(made.loss)  # type: ignore[method-assign]
    return made
