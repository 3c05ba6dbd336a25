"""Goldens: the pictures of a few programs, byte for byte. `UPDATE_GOLDENS=1 pytest …` writes them anew; look at them."""

import os
from pathlib import Path
from xml.etree import ElementTree

import loops
import numpy as np
import programs
import pytest
import rewritten
import three

import minigrad as mg
from minigrad import nn
from minigrad.data.transforms import Compose, Pad, RandomCrop, RandomHorizontalFlip
from minigrad_widgets import (
    AbstractionsView,
    BackwardStepper,
    BatchView,
    GradientView,
    GraphView,
    KernelView,
    ModuleTree,
    NetView,
    OptimizerPlayground,
    RewriteView,
    TrainingMonitor,
)

GOLDENS = Path(__file__).parent / "goldens"


def training():
    monitor = TrainingMonitor()
    for step in range(40):
        monitor.log(step=step, loss=2 / (1 + step), accuracy=step / 40)
    return monitor


def tree():
    shared = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
    model = nn.Sequential(shared, nn.Residual(nn.Conv2d(4, 4, 1), nn.ReLU()), nn.Flatten(), nn.Linear(64, 2))
    model[3].requires_grad_(False)
    model[1].eval()
    model[0][0].bias.grad = mg.tensor([3.0, 4.0, 0.0, 0.0])
    return ModuleTree(model, (2, 3, 4, 4), opened=["", "0", "0.0", "1", "3"])


def gradients():
    view, model = GradientView(limit=50), nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    for step in range(24):
        for n, parameter in enumerate(model.parameters()):
            parameter.grad = mg.full(parameter.shape, 0.0 if (n, step) == (1, 5) else 10.0 ** ((step - n) / 6 - 2))
        view.log(model, step)
    model[2].weight.grad = mg.tensor([[1.0, float("nan"), -2.0]])
    view.log(model, 24)
    return view


def orders():
    both = {"i, j, k": loops.matmul_ijk, "i, k, j": loops.matmul_ikj}
    return KernelView.compare(both, *loops.matrices(8), position=700)


def augmented():
    images = np.linspace(0, 255, 96).astype(np.uint8).reshape(2, 8, 6)
    return BatchView(images, [3, 8], transform=Compose([Pad(1), RandomCrop(6), RandomHorizontalFlip()]), times=4)


def rewrites():
    view = RewriteView(rewritten.record(), position=3)
    for n, stage in enumerate(view.record.stages):  # the plan of memory has tests of its own
        stage.bytes = 1200 - 100 * n
    return view


PICTURES = {
    "stepper-diamond": lambda: BackwardStepper(programs.diamond(), position=9),
    "stepper-mlp-closed": lambda: BackwardStepper(programs.mlp(), opened=[], position=5),
    "graph-mlp": lambda: GraphView(programs.mlp()),
    "graph-loop": lambda: GraphView(programs.loop(300)),
    "batch": augmented,
    "tree": tree,
    "gradients": gradients,
    "race": lambda: OptimizerPlayground("bowl", steps=60, position=25),
    "training": training,
    "kernel-orders": orders,
    "abstractions": lambda: AbstractionsView(three.net(), three.symbols(), three.film()),
    "net-backward": lambda: NetView(three.net_film(), position=8),
    "rewrite-fuse": rewrites,
    "kernel-planes": lambda: KernelView(loops.planes, *loops.volume(), position=9),
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_the_golden_one(name):
    picture = PICTURES[name]().picture()
    golden = GOLDENS / f"{name}.svg"
    if os.environ.get("UPDATE_GOLDENS"):
        golden.write_text(picture + "\n", encoding="utf-8")
    assert picture + "\n" == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_well_formed_and_the_same_twice(name):
    first, second = PICTURES[name]().picture(), PICTURES[name]().picture()
    assert first == second
    ElementTree.fromstring(first)


def test_states_are_words_and_not_only_colours():
    root = ElementTree.fromstring(PICTURES["stepper-diamond"]().picture())
    for node in root.iter("{http://www.w3.org/2000/svg}g"):
        state = node.get("data-state")
        if node.get("class") == "mg-node" and state in ("running", "ready", "done", "waiting", "off"):
            said = node.get("aria-label").rpartition(", ")[2]
            sign = {"running": "▶", "ready": "●", "done": "✓", "waiting": " in", "off": "no"}[state]
            assert sign in said
