"""Geometry against PyTorch's own functions, in both precisions."""

import math

import numpy as np
import pytest

from minigrad.data.transforms import RandomAffine, RandomRotation, Resize
from minigrad.data.transforms._geometry import inverse_map, linear_map

R = np.random.default_rng(0)
SIZES = [
    ((5, 7), (5, 7)),
    ((5, 7), (9, 3)),
    ((8, 8), (16, 24)),
    ((28, 28), (8, 8)),
    ((9, 10), (1, 1)),
    ((1, 3), (4, 5)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("old", "new"), SIZES)
def test_resize(torch, count, dtype, old, new):
    x = R.random((3, *old)).astype(dtype)
    close = {"rtol": 1e-5, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-9, "atol": 1e-12}
    for antialias in (False, True):
        expected = torch.nn.functional.interpolate(
            torch.from_numpy(x)[None], new, mode="bilinear", align_corners=False, antialias=antialias
        )
        np.testing.assert_allclose(Resize(new, antialias=antialias)(x), expected[0].numpy(), **close)
    expected = torch.nn.functional.interpolate(torch.from_numpy(x)[None], new, mode="nearest")
    assert np.array_equal(Resize(new, "nearest")(x), expected[0].numpy())
    count("transforms compared with PyTorch", 3)


def test_resize_of_the_shorter_side():
    for shape, size, most, expected in [
        ((10, 20), 5, None, (5, 10)), ((20, 10), 5, None, (10, 5)), ((7, 7), 5, None, (5, 5)), ((10, 30), 8, 12, (4, 12)),
        ((9, 10), [4], None, (4, 4)),
    ]:  # fmt: skip
        assert Resize(size, max_size=most)(np.zeros(shape)).shape == expected


def by_torch(torch, x, inverse, size, mode):
    """`inverse`, from pixels of the result to pixels of the source, in the coordinates of affine_grid: -1 to 1."""
    (high, wide), (rows, columns) = x.shape[1:], size
    to_pixels = np.array([[columns / 2, 0, columns / 2], [0, rows / 2, rows / 2], [0, 0, 1]])
    from_pixels = np.array([[2 / wide, 0, -1], [0, 2 / high, -1], [0, 0, 1]])
    theta = from_pixels @ np.vstack((inverse, [0, 0, 1])) @ to_pixels
    grid = torch.nn.functional.affine_grid(torch.from_numpy(theta[None, :2]), (1, 1, *size), align_corners=False)
    grid = grid.to(torch.from_numpy(x).dtype)
    return torch.nn.functional.grid_sample(torch.from_numpy(x)[None], grid, mode=mode, align_corners=False)[0].numpy()


def by_torchvision(angle, scale, shear):
    """The matrix in the closed form that torchvision documents."""
    a, sx, sy = (math.radians(degrees) for degrees in (angle, *shear))
    first = math.cos(a - sy) / math.cos(sy), math.sin(a - sy) / math.cos(sy)
    second = -first[0] * math.tan(sx) - math.sin(a), -first[1] * math.tan(sx) + math.cos(a)
    return scale * np.array([first, second]).T


AFFINE = [
    {"angle": 33.0, "translate": (0, 0), "scale": 1.0, "shear": (0.0, 0.0)},
    {"angle": -120.0, "translate": (2, -1), "scale": 0.6, "shear": (0.0, 0.0)},
    {"angle": 5.0, "translate": (-3, 1), "scale": 1.7, "shear": (20.0, -11.0)},
]


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("params", AFFINE)
@pytest.mark.parametrize("center", [None, (2.5, 6.0)])
def test_affine(torch, count, mode, params, center):
    x = R.random((2, 9, 12))
    middle = np.array(center or (6.0, 4.5))
    matrix = by_torchvision(params["angle"], params["scale"], params["shear"])
    np.testing.assert_allclose(linear_map(params["angle"], params["scale"], params["shear"]), matrix, atol=1e-12)
    back = np.linalg.inv(matrix)
    inverse = np.column_stack((back, middle - back @ (middle + params["translate"])))
    z = RandomAffine(0, interpolation=mode, center=center).transform(x, params)
    np.testing.assert_allclose(z, by_torch(torch, x, inverse, (9, 12), mode), atol=1e-12)
    z = RandomAffine(0, interpolation=mode, center=center).transform(x.astype(np.float32), params)
    if mode == "bilinear":
        np.testing.assert_allclose(z, by_torch(torch, x, inverse, (9, 12), mode), atol=1e-5)
    count("transforms compared with PyTorch", 2 if mode == "bilinear" else 1)


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("angle", [17.0, -64.0, 135.0])
def test_rotation(torch, count, mode, angle):
    x = R.random((2, 9, 12))
    for expand in (False, True):
        z = RandomRotation(0, mode, expand=expand).transform(x, {"angle": angle})
        size = z.shape[1:]
        turned = by_torchvision(-angle, 1.0, (0.0, 0.0))
        inverse = inverse_map(turned, source=(6, 4.5), result=(size[1] / 2, size[0] / 2))
        different = ~np.isclose(z, by_torch(torch, x, inverse, size, mode), atol=1e-12).all(axis=0)
        assert different.sum() <= (mode == "nearest")  # the centre may lie exactly between two pixels
        corners = np.abs(turned) @ (12, 9)
        assert size == ((math.ceil(corners[1]), math.ceil(corners[0])) if expand else (9, 12))
    count("transforms compared with PyTorch", 2)
