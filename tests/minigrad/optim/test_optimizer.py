"""What optimisers share: parameters, groups, gradients, saving and loading, and refusals."""

import pytest

import minigrad
from minigrad import optim, tensor
from minigrad.errors import DTypeError, GraphError


def leaf(*values: float) -> minigrad.Tensor:
    return tensor(list(values), requires_grad=True)


def test_zero_grad_forgets_or_zeroes() -> None:
    w = leaf(1.0, 2.0)
    optimizer = optim.SGD([w])
    w.sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.tolist() == [0.0, 0.0]
    optimizer.zero_grad()
    assert w.grad is None


def test_a_parameter_without_gradient_stays() -> None:
    w, b = leaf(1.0), leaf(5.0)
    optimizer = optim.Adam([w, b], weight_decay=0.5)
    w.sum().backward()
    optimizer.step()
    assert b.tolist() == [5.0] and w.tolist() != [1.0]
    assert b not in optimizer.state


def test_step_writes_into_the_parameters_own_memory_and_keeps_it_a_leaf() -> None:
    w = leaf(1.0)
    memory = w.array
    w.sum().backward()
    optim.SGD([w], lr=0.5).step()
    assert w.array is memory and w.tolist() == [0.5] and w.is_leaf and w.requires_grad


@pytest.mark.parametrize("make", [lambda w: optim.SGD(w, lr=0.1, momentum=0.9), lambda w: optim.Adam(w, lr=0.1)])
def test_a_saved_state_goes_on_where_it_was(make) -> None:
    def steps(optimizer, w, count):
        for _ in range(count):
            optimizer.zero_grad()
            (w * w).sum().backward()
            optimizer.step()

    w = leaf(1.0, -2.0)
    optimizer = make([w])
    steps(optimizer, w, 3)
    copy, saved = w.detach().clone().requires_grad_(), optimizer.state_dict()
    other = make([copy])
    other.load_state_dict(saved)
    steps(optimizer, w, 3)
    steps(other, copy, 3)
    assert copy.tolist() == w.tolist()


def test_a_state_of_other_parameters_is_refused() -> None:
    state = optim.SGD([leaf(1.0), leaf(2.0)]).state_dict()
    with pytest.raises(GraphError, match="another set of parameters") as raised:
        optim.SGD([leaf(1.0)]).load_state_dict(state)
    assert (raised.value.got, raised.value.expected) == ("groups of [2]", "groups of [1]")


def test_what_is_not_a_list_of_leaves_is_refused() -> None:
    with pytest.raises(DTypeError, match="no parameters") as raised:
        optim.SGD([])
    assert "generator" in raised.value.hint
    with pytest.raises(DTypeError, match="must be tensors") as raised:
        optim.SGD(minigrad.nn.Linear(1, 1).named_parameters())
    assert "model.parameters()" in raised.value.hint
    with pytest.raises(GraphError, match="only leaves"):
        optim.SGD([leaf(1.0) * 2])


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda w: optim.SGD(w, lr=-1.0), "lr=-1.0"),
        (lambda w: optim.SGD(w, momentum=-0.1), "momentum=-0.1"),
        (lambda w: optim.SGD(w, nesterov=True), "momentum=0.0"),
        (lambda w: optim.SGD(w, momentum=0.9, dampening=0.1, nesterov=True), "dampening=0.1"),
        (lambda w: optim.Adam(w, betas=(0.9, 1.0)), "betas=(0.9, 1.0)"),
        (lambda w: optim.AdamW(w, eps=-1.0), "eps=-1.0"),
        (lambda w: optim.NAdam(w, momentum_decay=-1.0), "momentum_decay=-1.0"),
        (lambda w: optim.RAdam(w, betas=(1.0, 0.9)), "betas=(1.0, 0.9)"),
        (lambda w: optim.RMSprop(w, alpha=-0.1), "alpha=-0.1"),
        (lambda w: optim.Adagrad(w, initial_accumulator_value=-1), "initial_accumulator_value=-1"),
        (lambda w: optim.Adadelta(w, rho=1.0), "rho=1.0"),
        (lambda w: optim.SGD(w, lr=float("nan")), "lr=nan"),
        (lambda w: optim.SGD({*w}), "a set"),
    ],
)
def test_options_out_of_range_are_refused_by_name(make, what: str) -> None:
    with pytest.raises(DTypeError) as raised:
        make([leaf(1.0)])
    assert what in raised.value.got and raised.value.expected and raised.value.hint


def test_its_repr_shows_the_options() -> None:
    assert repr(optim.SGD([leaf(1.0)], lr=0.5)).startswith("SGD(lr=0.5, momentum=0.0")


def test_a_new_optimiser_needs_its_update_only() -> None:
    class Signs(optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def update(self, p, g, options, state):
            with minigrad.no_grad():
                p -= options["lr"] * g.sign()

    w = leaf(3.0, -3.0)
    (w * w).sum().backward()
    Signs([w], lr=1.0).step()
    assert w.tolist() == [2.0, -2.0]
    with pytest.raises(NotImplementedError, match="update"):
        optimizer = optim.Optimizer([w], {})
        optimizer.step()


@pytest.mark.parametrize("groups", [lambda w: [w, w], lambda w: [{"params": [w]}, {"params": w, "lr": 0.5}]])
def test_a_parameter_that_is_named_twice_is_refused(groups) -> None:
    with pytest.raises(GraphError, match="named twice") as raised:
        optim.SGD(groups(leaf(1.0)))
    assert raised.value.got == "2 parameters, 1 different ones"


def test_a_closure_is_run_with_gradients_and_its_loss_handed_on() -> None:
    w = leaf(3.0)
    optimizer = optim.SGD([w], lr=0.5)

    def closure() -> minigrad.Tensor:
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with minigrad.no_grad():
        assert optimizer.step(closure).item() == 9.0
    assert w.tolist() == [0.0] and optimizer.step() is None


def test_hooks_stand_around_the_step_until_they_are_removed() -> None:
    w = leaf(3.0)
    w.sum().backward()
    optimizer, seen = optim.SGD([w], lr=1.0), []
    before = optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append((o is optimizer, args, w.item())))
    after = optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append((kwargs, w.item())))
    optimizer.step()
    assert seen == [(True, (), 3.0), ({}, 2.0)]
    before.remove(), after.remove()
    optimizer.step()
    assert len(seen) == 2


def test_a_hook_before_the_step_may_give_it_another_closure() -> None:
    optimizer = optim.SGD([leaf(3.0)])
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((lambda: 7,), kwargs))
    assert optimizer.step(lambda: 5) == 7


def test_a_group_is_added_later() -> None:
    w, late = leaf(1.0), leaf(1.0)
    optimizer = optim.SGD([w], lr=0.5, momentum=0.9)
    optimizer.add_param_group({"params": late, "lr": 0.25})
    (w + late).sum().backward()
    optimizer.step()
    assert (w.tolist(), late.tolist()) == ([0.5], [0.75])
    assert optimizer.param_groups[1]["momentum"] == 0.9
    with pytest.raises(GraphError, match="named twice"):
        optimizer.add_param_group({"params": [w]})
    assert len(optimizer.param_groups) == 2
    with pytest.raises(DTypeError, match="a dictionary"):
        optimizer.add_param_group([leaf(1.0)])
