"""Indices on the device, through the engine: what they read, what is written, and what becomes of one out of range."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad
from minigrad.errors import DTypeError, IndexingError


def test_masks_and_indices_read_write_and_return_gradients() -> None:
    grads = []
    for device in ("cpu", "cuda"):
        x = minigrad.tensor(np.arange(12.0).reshape(3, 4), requires_grad=True)
        moved = x.to(device)
        rows, mask = minigrad.tensor([0, 2, 2], device=device), moved > 4
        y = moved * 2
        y[mask] = 0.0
        y[:, rows] = moved[:, rows] * moved[:, rows]
        (y.sum() + moved[rows].sum() + 3 * moved[mask].sum()).backward()
        grads.append(x.grad.numpy())
    np.testing.assert_array_equal(*grads)


def test_what_only_a_kernel_sees_is_the_cpus_error_at_the_next_reading() -> None:
    w, wrong = minigrad.ones(3, 2, device="cuda"), minigrad.tensor([1, 3], device="cuda")
    rows = w[wrong]
    with pytest.raises(IndexingError, match=r"(?s)^getitem: .*index 3 .*-3 to 2.*synchronize"):
        rows.tolist()
    minigrad.nn.functional.cross_entropy(w, minigrad.tensor([0, 1, 2], device="cuda"))
    with pytest.raises(IndexingError, match=r"^cross_entropy: a number is no class"):
        minigrad.cuda.synchronize()
    minigrad.nn.functional.binary_cross_entropy(w * 2, w)
    with pytest.raises(DTypeError, match=r"^binary_cross_entropy: .*between 0 and 1"):
        minigrad.cuda.synchronize()
    assert w.sum().item() == 6
