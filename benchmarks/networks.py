"""Training steps of networks against PyTorch, in its default mode and in its best: convolutions, attention, recurrence."""

from __future__ import annotations

from benchmarks import in_torch
from benchmarks.architectures import CNN, LSTM, ResNet, Transformer, ours, theirs
from benchmarks.harness import Result, compare

# The network, its name, what PyTorch's best mode is for it, how many rounds, and seconds a turn.
CASES = (
    (CNN, "CNN 16-32, 28×28, batch 64", "channels_last", 15, 0.05),
    (ResNet, "ResNet, 32×32, batch 32", "channels_last", 9, 0.2),
    (Transformer, "Transformer, width 128, 4 blocks", "fused attention", 9, 0.2),
    (LSTM, "LSTM, width 64, 32 steps, written out", "nn.LSTM", 15, 0.05),
)


def run() -> dict[str, list[Result]]:
    """Each network against PyTorch's default, and against its best mode for it."""
    results = []
    for network, name, mode, rounds, turn in CASES:
        mine = network(ours())
        results.append(compare(name, mine.step, network(theirs()).step, rounds=rounds, turn=turn))
        best = in_torch.best(network)
        results.append(compare(f"the same, against {mode}", mine.step, best.step, rounds=rounds, turn=turn))
    return {"Training steps of networks": results}
