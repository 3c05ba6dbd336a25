"""Transforms of images, as arrays: composable, and repeatable from a generator. torchvision's names and arguments.

uint8 is a picture (H, W, C), a float is planes (C, H, W); `ToTensor` leads from the one to the other, and all others keep
what they are given. `MixUp` and `CutMix` mix whole batches.
"""

from minigrad.data.transforms._color import ColorJitter
from minigrad.data.transforms._convert import Normalize, ToTensor
from minigrad.data.transforms._crop import CenterCrop, Pad, RandomCrop
from minigrad.data.transforms._flip import RandomHorizontalFlip, RandomVerticalFlip
from minigrad.data.transforms._geometry import RandomAffine, RandomRotation, Resize
from minigrad.data.transforms._mix import CutMix, MixUp
from minigrad.data.transforms._noise import GaussianNoise, RandomErasing
from minigrad.data.transforms._transform import Compose, Lambda, Transform

Mixup, Cutmix = MixUp, CutMix

__all__ = [
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "CutMix",
    "Cutmix",
    "GaussianNoise",
    "Lambda",
    "MixUp",
    "Mixup",
    "Normalize",
    "Pad",
    "RandomAffine",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomRotation",
    "RandomVerticalFlip",
    "Resize",
    "ToTensor",
    "Transform",
]
