"""`detect_anomaly`: the op and the line that first made a NaN, forward or backward."""

import pytest

import minigrad
from minigrad import Tensor, detect_anomaly, nn, tensor
from minigrad.errors import AnomalyError
from minigrad.events import LISTENERS


def test_forward_names_the_op_the_line_and_the_inputs() -> None:
    x = tensor([1.0, -1.0])
    with pytest.raises(AnomalyError) as raised, detect_anomaly():
        y = x * 2
        z = y.log()  # here
        z.sum()
    assert "`log` made the first NaN" in raised.value.what
    assert "test_anomaly.py" in raised.value.what and "z = y.log()  # here" in raised.value.what
    assert "from -2 to 2" in raised.value.got and raised.value.hint


def test_forward_names_the_module_too() -> None:
    class Logarithm(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.log()

    with (
        pytest.raises(AnomalyError, match="`log` made the first NaN in Sequential > 1: Logarithm at test_anomaly"),
        detect_anomaly(),
    ):
        nn.Sequential(nn.Identity(), Logarithm())(tensor([-1.0]))


def test_backward_names_the_op_and_the_line_of_its_forward() -> None:
    x = tensor([0.0, 1.0], requires_grad=True)
    with pytest.raises(AnomalyError) as raised, detect_anomaly():
        y = x.sqrt()  # infinite slope at 0
        z = y * tensor([0.0, 1.0])
        z.sum().backward()
    assert "gradient of `sqrt`" in raised.value.what and "# infinite slope at 0" in raised.value.what
    assert "`x`" in raised.value.got


def test_a_nan_that_was_given_is_not_blamed_on_who_uses_it() -> None:
    x = tensor([float("nan"), 1.0])
    with detect_anomaly():
        assert str((x * 2).tolist()[0]) == "nan"


def test_infinities_and_integers_pass() -> None:
    with detect_anomaly():
        assert tensor([0.0]).log().tolist() == [-float("inf")]
        assert (tensor([1, 2]) // 2).tolist() == [0, 1]


def test_the_block_ends_cleanly_after_the_error() -> None:
    before = list(LISTENERS)
    with pytest.raises(AnomalyError), detect_anomaly():
        tensor([-1.0]).sqrt()
    assert before == LISTENERS
    assert str(tensor(-1.0).sqrt().item()) == "nan"
    assert minigrad.is_grad_enabled()
