"""The residual networks of the paper: for ImageNet by table 1, for CIFAR by section 4.2."""

from __future__ import annotations

from typing import Any

from minigrad.models._resnet import BasicBlock, Bottleneck, ResNet


def resnet18(**options: Any) -> ResNet:
    """18 layers in basic blocks, 11,689,512 parameters. Options are those of `ResNet`."""
    return ResNet(BasicBlock, [2, 2, 2, 2], **options)


def resnet34(**options: Any) -> ResNet:
    """34 layers in basic blocks, 21,797,672 parameters."""
    return ResNet(BasicBlock, [3, 4, 6, 3], **options)


def resnet50(**options: Any) -> ResNet:
    """50 layers in bottlenecks, 25,557,032 parameters."""
    return ResNet(Bottleneck, [3, 4, 6, 3], **options)


def resnet101(**options: Any) -> ResNet:
    """101 layers in bottlenecks, 44,549,160 parameters."""
    return ResNet(Bottleneck, [3, 4, 23, 3], **options)


def resnet152(**options: Any) -> ResNet:
    """152 layers in bottlenecks, 60,192,808 parameters."""
    return ResNet(Bottleneck, [3, 8, 36, 3], **options)


def _cifar(depth: int, **options: Any) -> ResNet:
    """6 n + 2 layers: three stages of n basic blocks, with 16, 32 and 64 channels, whose shortcuts learn nothing."""
    blocks = (depth - 2) // 6
    published = {"num_classes": 10, "width": 16, "small_images": True, "shortcut": "padding"}
    return ResNet(BasicBlock, [blocks] * 3, **(published | options))


def resnet20(**options: Any) -> ResNet:
    """For images of 32 × 32: 20 layers, 269,722 parameters. Options are those of `ResNet`."""
    return _cifar(20, **options)


def resnet32(**options: Any) -> ResNet:
    """For images of 32 × 32: 32 layers, 464,154 parameters."""
    return _cifar(32, **options)


def resnet56(**options: Any) -> ResNet:
    """For images of 32 × 32: 56 layers, 853,018 parameters."""
    return _cifar(56, **options)
