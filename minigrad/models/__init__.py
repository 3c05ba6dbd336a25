"""Networks that every course meets, built of `minigrad.nn`: each a file to be read in one go.

Weights of the same architecture in PyTorch are taken over by `model.load_state_dict(peer.state_dict())`.
"""

from minigrad.models._char_rnn import CharRNN
from minigrad.models._generation import choose
from minigrad.models._gpt import GPT, Block, CausalSelfAttention
from minigrad.models._lenet import LeNet
from minigrad.models._mlp import MLP
from minigrad.models._resnet import BasicBlock, Bottleneck, PaddedShortcut, ResNet
from minigrad.models._resnets import (
    resnet18,
    resnet20,
    resnet32,
    resnet34,
    resnet50,
    resnet56,
    resnet101,
    resnet152,
)

__all__ = [
    "GPT",
    "MLP",
    "BasicBlock",
    "Block",
    "Bottleneck",
    "CausalSelfAttention",
    "CharRNN",
    "LeNet",
    "PaddedShortcut",
    "ResNet",
    "choose",
    "resnet18",
    "resnet20",
    "resnet32",
    "resnet34",
    "resnet50",
    "resnet56",
    "resnet101",
    "resnet152",
]
