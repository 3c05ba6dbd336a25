"""Modules and optimisers on device="cuda": made there, moved there, and what they keep."""

import copy

import numpy
import pytest

import minigrad
from minigrad import nn, optim, tensor
from minigrad.errors import DeviceError
from minigrad.nn.utils import clip_grad_norm_, parameters_to_vector, vector_to_parameters
from minigrad.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from minigrad.train import load_checkpoint, save_checkpoint

MADE = {
    "Linear": lambda **o: nn.Linear(3, 2, **o),
    "Bilinear": lambda **o: nn.Bilinear(2, 3, 2, **o),
    "Embedding": lambda **o: nn.Embedding(4, 2, padding_idx=1, **o),
    "Conv2d": lambda **o: nn.Conv2d(2, 4, 3, **o),
    "ConvTranspose2d": lambda **o: nn.ConvTranspose2d(2, 4, 3, **o),
    "BatchNorm1d": lambda **o: nn.BatchNorm1d(3, **o),
    "LayerNorm": lambda **o: nn.LayerNorm(3, **o),
    "RMSNorm": lambda **o: nn.RMSNorm(3, **o),
    "GroupNorm": lambda **o: nn.GroupNorm(1, 2, **o),
    "LSTM": lambda **o: nn.LSTM(2, 2, **o),
    "GRUCell": lambda **o: nn.GRUCell(2, 2, **o),
    "MultiheadAttention": lambda **o: nn.MultiheadAttention(4, 2, add_bias_kv=True, **o),
    "TransformerEncoderLayer": lambda **o: nn.TransformerEncoderLayer(4, 2, 4, **o),
    "PReLU": lambda **o: nn.PReLU(**o),
}


def state(module: nn.Module) -> dict[str, numpy.ndarray]:
    return {name: value.cpu().numpy() for name, value in module.state_dict().items()}


@pytest.mark.parametrize("name", MADE)
def test_a_layer_is_made_on_the_device_with_the_numbers_of_the_cpu(name: str) -> None:
    made = []
    for device in ("cpu", "cuda"):
        minigrad.manual_seed(1)
        made.append(MADE[name](device=device))
    assert all(x.is_cuda for x in (*made[1].parameters(), *made[1].buffers()))
    here, there = map(state, made)
    assert here.keys() == there.keys()
    for key, value in here.items():
        numpy.testing.assert_array_equal(there[key], value)


def test_a_model_moves_with_its_buffers_and_gradients_and_its_parameters_stay_the_objects() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    parameters = list(model.parameters())
    model(minigrad.ones(2, 3)).sum().backward()
    counted = model[1].num_batches_tracked
    assert model.cuda() is model
    assert [id(p) for p in model.parameters()] == [id(p) for p in parameters] and counted is model[
        1
    ].num_batches_tracked
    assert all(x.is_cuda for x in (*parameters, *(p.grad for p in parameters), *model.buffers()))
    assert counted.dtype == "int64" and all(p.is_leaf and p.requires_grad for p in parameters)
    model.to("cpu", "float64")
    assert {x.device.name for x in (*parameters, *model.buffers())} == {"cpu"}
    assert model[0].weight.dtype == "float64" and counted.dtype == "int64"


def test_a_model_whose_parts_are_elsewhere_says_so() -> None:
    model = nn.Linear(3, 2)
    with pytest.raises(DeviceError, match="linear: the tensors are on different devices"):
        model(minigrad.ones(2, 3, device="cuda"))


def test_hooks_stay_when_a_parameter_moves() -> None:
    layer, seen = nn.Linear(2, 1), []
    layer.weight.register_hook(lambda g: seen.append(g.device.name))
    layer.cuda()(minigrad.ones(1, 2, device="cuda")).sum().backward()
    assert seen == ["cuda"] and layer.weight.grad.is_cuda


def test_states_cross_from_device_to_device(tmp_path) -> None:
    here, there = nn.Linear(2, 2), nn.Linear(2, 2, device="cuda")
    there.load_state_dict(here.state_dict())
    numpy.testing.assert_array_equal(there.weight.cpu().numpy(), here.weight.numpy())
    there.weight.data = there.weight.data + 1
    save_checkpoint(tmp_path / "there.safetensors", there)
    load_checkpoint(tmp_path / "there.safetensors", here)
    load_checkpoint(tmp_path / "there.safetensors", there)
    numpy.testing.assert_array_equal(there.weight.cpu().numpy(), here.weight.numpy())
    assert there.weight.is_cuda and not here.weight.is_cuda and copy.deepcopy(there).weight.is_cuda


OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "SGD with momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "Adam": lambda p: optim.Adam(p, lr=0.1, amsgrad=True),
    "AdamW": lambda p: optim.AdamW(p, lr=0.1),
    "NAdam": lambda p: optim.NAdam(p, lr=0.1),
    "RAdam": lambda p: optim.RAdam(p, lr=0.1),
    "Adamax": lambda p: optim.Adamax(p, lr=0.1),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.1, momentum=0.5, centered=True),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.1),
    "Adadelta": lambda p: optim.Adadelta(p),
}


def steps(name: str, device: str, count: int, saved: dict | None = None) -> tuple[minigrad.Tensor, dict]:
    p = tensor([1.0, -2.0, 3.0], device=device, requires_grad=True)
    optimizer = OPTIMIZERS[name]([p])
    if saved is not None:
        optimizer.load_state_dict(saved)
    for _ in range(count):
        optimizer.zero_grad()
        (p * p * tensor([1.0, 2.0, 0.5], device=device)).sum().backward()
        optimizer.step()
    return p, optimizer.state_dict()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimiser_steps_as_on_the_cpu_and_its_state_crosses(name: str) -> None:
    (here, kept), (there, kept_there) = steps(name, "cpu", 3), steps(name, "cuda", 3)
    numpy.testing.assert_allclose(there.detach().cpu().numpy(), here.detach().numpy(), rtol=1e-5)
    arrays = [x for x in kept_there["state"].get(0, {}).values() if isinstance(x, minigrad.Tensor)]
    assert all(x.is_cuda for x in arrays)
    for device in ("cpu", "cuda"):
        ends = [steps(name, device, 1, saved)[0].detach().cpu().numpy() for saved in (kept, kept_there)]
        numpy.testing.assert_allclose(*ends, rtol=1e-5)


def test_an_optimiser_whose_model_has_moved_says_what_to_do() -> None:
    model = nn.Linear(2, 1)
    optimizer = optim.Adam(model.parameters())

    def step(device: str) -> None:
        model(minigrad.ones(1, 2, device=device)).sum().backward()
        optimizer.step()

    step("cpu")
    model.cuda()
    with pytest.raises(DeviceError, match=r"exp_avg, exp_avg_sq on 'cpu'"):
        step("cuda")
    optimizer.load_state_dict(optimizer.state_dict())
    step("cuda")


def test_gradients_are_clipped_and_averages_kept_on_the_device() -> None:
    p = tensor([3.0, 4.0], device="cuda", requires_grad=True)
    (p * p).sum().backward()
    assert clip_grad_norm_([p], 1.0).item() == 10
    numpy.testing.assert_allclose(p.grad.cpu().numpy(), [0.6, 0.8], rtol=1e-5)
    model = nn.Linear(2, 1).cuda()
    averaged = optim.swa_utils.AveragedModel(model, multi_avg_fn=optim.swa_utils.get_ema_multi_avg_fn(0.5))
    before = model.weight.detach().clone()
    averaged.update_parameters(model)
    model.weight.data = before + 2
    averaged.update_parameters(model)
    assert averaged.module.weight.is_cuda
    numpy.testing.assert_allclose(averaged.module.weight.tolist(), (before + 1).tolist(), rtol=1e-6)


def test_parameters_as_one_vector_and_back() -> None:
    model = nn.Linear(2, 2, device="cuda")
    vector = parameters_to_vector(model.parameters())
    vector_to_parameters(vector * 2, model.parameters())
    assert vector.is_cuda and parameters_to_vector(model.parameters()).tolist() == (vector * 2).tolist()


MODELS = {
    "dropout": (lambda: nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5)), (4, 3)),
    "randomised rectifier": (lambda: nn.RReLU(), (4, 3)),
    "batch norm with a mean over all batches": (lambda: nn.BatchNorm1d(3, momentum=None), (4, 3)),
    "LSTM": (lambda: nn.LSTM(3, 2, bidirectional=True, batch_first=True), (2, 3, 3)),
    "GRU": (lambda: nn.GRU(3, 2), (3, 2, 3)),
    "a cell": (lambda: nn.RNNCell(3, 2), (2, 3)),
    "transformer": (lambda: nn.TransformerEncoderLayer(4, 2, 4, batch_first=True), (1, 3, 4)),
    "pictures": (lambda: nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"), nn.MaxPool2d(2)), (1, 1, 4, 4)),
    "enlarged pictures": (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), (1, 1, 2, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_a_module_computes_what_it_computes_on_the_cpu(name: str) -> None:
    make, shape = MODELS[name]
    results = []
    for device in ("cpu", "cuda"):
        minigrad.manual_seed(3)
        model = make().to(device)
        x = minigrad.randn(*shape).to(device).requires_grad_()
        z = model(x)
        z = z[0] if isinstance(z, tuple) else z
        (z * z).sum().backward()
        results.append([t.detach().cpu().numpy() for t in (z, x.grad, *(p.grad for p in model.parameters()))])
    for here, there in zip(*results, strict=True):
        numpy.testing.assert_allclose(there, here, rtol=2e-4, atol=2e-5)


def test_attention_with_masks() -> None:
    results = []
    for device in ("cpu", "cuda"):
        minigrad.manual_seed(3)
        attention = nn.MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True, batch_first=True, device=device)
        x = minigrad.randn(2, 3, 4).to(device)
        padding = tensor([[False, False, True], [False, False, False]], device=device)
        z, weights = attention(
            x, x, x, key_padding_mask=padding, attn_mask=minigrad.ones(3, 3, device=device).triu(1).bool()
        )
        results.append((z.detach().cpu().numpy(), weights.detach().cpu().numpy()))
    for here, there in zip(*results, strict=True):
        numpy.testing.assert_allclose(there, here, rtol=1e-4, atol=1e-6)


def test_packed_sequences() -> None:
    x = minigrad.arange(12, device="cuda").float().reshape(3, 2, 2)
    packed = pack_padded_sequence(x, [2, 3], enforce_sorted=False)
    assert packed.data.is_cuda and packed.sorted_indices.is_cuda and not packed.batch_sizes.is_cuda
    padded, lengths = pad_packed_sequence(packed)
    assert padded.is_cuda and lengths.tolist() == [2, 3] and padded[:2].tolist() == x[:2].tolist()
    rnn = nn.RNN(2, 2).cuda()
    assert rnn(packed)[0].data.is_cuda
    assert not packed.to("cpu").data.is_cuda and not packed.to("cpu").sorted_indices.is_cuda
