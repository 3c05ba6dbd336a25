"""What the models are beside PyTorch's: their published sizes, their state while generating, their errors."""

import numpy
import pytest

import minigrad
from minigrad import models, nn
from minigrad.errors import DTypeError, ShapeError


@pytest.mark.parametrize(
    ("made", "parameters"),
    [
        (models.LeNet, 61_706),
        (models.resnet20, 269_722),
        (models.resnet32, 464_154),
        (models.resnet56, 853_018),
        (lambda: models.GPT(65, 32, 48, 4, 2), 48 * (65 + 32 + 2) + 2 * (12 * 48 * 48 + 13 * 48)),
    ],
)
def test_parameters_as_published(made, parameters) -> None:
    assert sum(p.numel() for p in made().parameters()) == parameters


def test_projections_and_other_images() -> None:
    minigrad.backend("numpy")  # nothing is compiled for these few numbers
    model = models.ResNet(models.BasicBlock, [1, 1], 3, width=4, in_channels=1, small_images=True)
    assert model(minigrad.zeros(2, 1, 8, 8)).shape == (2, 3)
    assert isinstance(model.layer2[0].downsample[0], nn.Conv2d)


def test_one_generator_makes_a_model_the_same() -> None:
    for made in (
        models.LeNet,
        models.resnet20,
        lambda **o: models.CharRNN(5, 4, 4, **o),
        lambda **o: models.GPT(5, 4, 8, **o),
    ):
        first, second = (made(generator=minigrad.Generator(3)).state_dict() for _ in range(2))
        assert all((first[name].numpy() == second[name].numpy()).all() for name in first)


def test_keys_and_values_are_kept() -> None:
    model = models.GPT(11, 12, 8, 2, 2).double()
    tokens = minigrad.tensor(numpy.random.default_rng(0).integers(0, 11, (2, 9)))
    past: list = []
    pieces = [model(tokens[:, a:b], past) for a, b in ((0, 4), (4, 5), (5, 9))]
    numpy.testing.assert_allclose(minigrad.cat(pieces, 1).numpy(), model(tokens).numpy(), rtol=1e-10, atol=1e-12)


def test_a_state_carries_the_reading_on() -> None:
    model = models.CharRNN(11, 4, 6, 2).double()
    tokens = minigrad.tensor(numpy.random.default_rng(0).integers(0, 11, (2, 9)))
    first, state = model(tokens[:, :4])
    second, _ = model(tokens[:, 4:], state)
    numpy.testing.assert_allclose(minigrad.cat([first, second], 1).numpy(), model(tokens)[0].numpy(), rtol=1e-10)


def test_generating_leaves_the_model_as_it_was() -> None:
    model = models.GPT(11, 6, 8, 2, 2, dropout=0.5)
    model.blocks[0].eval()
    first, second = (model.generate([1, 2], 9, temperature=0).numpy().tolist() for _ in range(2))
    assert first == second and len(first) == 11 and first[:2] == [1, 2]
    assert model.training and not model.blocks[0].training and model.blocks[1].dropout.training
    assert all(p.grad is None for p in model.parameters())


def test_what_is_drawn_has_the_probabilities() -> None:
    scores = numpy.array([[-numpy.inf, *numpy.log([0.1, 0.6, 0.3]), -numpy.inf]] * 4000)
    drawn = models.choose(scores, 1.0, None, minigrad.Generator(0))
    numpy.testing.assert_allclose(numpy.bincount(drawn, minlength=5) / 4000, [0, 0.1, 0.6, 0.3, 0], atol=0.02)
    assert set(models.choose(scores, 1.0, 2, minigrad.Generator(0))) == {2, 3}
    sharper = models.choose(scores, 0.5, None, minigrad.Generator(0))
    assert abs((sharper == 2).mean() - 0.36 / 0.46) < 0.02
    assert (models.choose(scores, 0, None, None) == 2).all()


def test_the_greatest_number_that_is_drawn_chooses_what_is_possible() -> None:
    class Greatest:
        stream = type("Stream", (), {"random": staticmethod(lambda shape: numpy.full(shape, 1 - 2.0**-53))})

    for scores in numpy.random.default_rng(0).standard_normal((50, 1, 4)):
        scores[0, 3] = -numpy.inf
        assert models.choose(scores, 1.0, None, Greatest()) == 2  # type: ignore[arg-type]


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(DTypeError, match="lists the features"):
        models.MLP(4, 2)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="too small"):
        models.LeNet(image_size=8)
    with pytest.raises(DTypeError, match="unknown shortcut"):
        models.resnet20(shortcut="none")
    with pytest.raises(ShapeError, match="heads do not divide"):
        models.GPT(5, 4, 10, 4)
    model = models.GPT(5, 4, 8)
    with pytest.raises(ShapeError, match="longer than the positions") as raised:
        model(minigrad.zeros(1, 5, dtype="int64"))
    assert "5 tokens" in raised.value.got
    with pytest.raises(ShapeError, match="nothing to go on from"):
        model.generate([], 3)
    with pytest.raises(DTypeError, match="with these options"):
        model.generate([1], 3, temperature=-1)
    with pytest.raises(DTypeError, match="with these options"):
        models.CharRNN(5).sample([1], 3, top_k=0)
