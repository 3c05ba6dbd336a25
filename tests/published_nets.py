"""The architectures that were published for Caffe, as prototxt text written from their parameters.

Each function takes the side of the input and a factor for the numbers of channels: at 1 and the published side it is the
published network, with less of both it is small enough to run in a test. Inputs are Input layers named data and label.

Sources: LeCun et al. (1998) and Krizhevsky's cuda-convnet in the sizes of Caffe's examples; Krizhevsky et al., "ImageNet
Classification with Deep Convolutional Neural Networks" (2012); Szegedy et al., "Going Deeper with Convolutions" (2015),
table 1; He et al., "Deep Residual Learning for Image Recognition" (2016), table 1.
"""

from __future__ import annotations

GAUSSIAN = 'weight_filler {{ type: "gaussian" std: {} }}'
XAVIER = 'weight_filler { type: "xavier" }'
MSRA = 'weight_filler { type: "msra" }'
BOTH = "param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }"


def _input(name: str, shape: list[int]) -> str:
    return f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ dim: {shape} }} }} }}'


class Writer:
    """Collects layers; `last` is the name of the blob on top."""

    def __init__(self, name: str, batch: int, channels: int, side: int, width: float = 1.0):
        self.width, self.last = width, "data"
        self.parts = [
            f'name: "{name}"',
            _input("data", [batch, channels, side, side]),
            _input("label", [batch]),
        ]

    def text(self) -> str:
        return "\n".join(self.parts) + "\n"

    def scaled(self, channels: int) -> int:
        """The number of channels at this width: even, so that two groups share it."""
        return channels if self.width == 1 else max(2, round(channels * self.width / 2) * 2)

    def layer(self, kind: str, name: str, fields: str = "", *, bottom: str = "", top: str = "") -> str:
        bottoms = " ".join(f'bottom: "{b}"' for b in (bottom or self.last).split())
        self.parts.append(f'layer {{ name: "{name}" type: "{kind}" {bottoms} top: "{top or name}" {fields} }}')
        self.last = top or name
        return self.last

    def over(self, kind: str, name: str, fields: str = "") -> str:
        """A layer in place."""
        return self.layer(kind, name, fields, bottom=self.last, top=self.last)

    def convolution(
        self, name: str, outputs: int, side: int, fields: str = "", *, param: str = BOTH, bottom: str = ""
    ) -> str:
        inner = f"convolution_param {{ num_output: {self.scaled(outputs)} kernel_size: {side} {fields} }}"
        return self.layer("Convolution", name, f"{param} {inner}", bottom=bottom)

    def pooling(self, name: str, pool: str, side: int, stride: int, fields: str = "", bottom: str = "") -> str:
        inner = f"pooling_param {{ pool: {pool} kernel_size: {side} stride: {stride} {fields} }}"
        return self.layer("Pooling", name, inner, bottom=bottom)

    def inner_product(self, name: str, outputs: int, fields: str = XAVIER, *, scaled: bool = True) -> str:
        outputs = self.scaled(outputs) if scaled else outputs
        return self.layer("InnerProduct", name, f"{BOTH} inner_product_param {{ num_output: {outputs} {fields} }}")

    def normalization(self, name: str) -> str:
        return self.layer("LRN", name, "lrn_param { local_size: 5 alpha: 1e-4 beta: 0.75 }")

    def loss(self, name: str = "loss", fields: str = "") -> None:
        scores = self.last
        self.layer("SoftmaxWithLoss", name, fields, bottom=f"{scores} label")
        self.layer("Accuracy", f"{name}_accuracy", "include { phase: TEST }", bottom=f"{scores} label")


def lenet(batch: int = 64, side: int = 28, width: float = 1.0) -> str:
    """LeNet for MNIST: 431,080 parameters."""
    w = Writer("LeNet", batch, 1, side, width)
    for i, outputs in enumerate((20, 50), 1):
        w.convolution(f"conv{i}", outputs, 5, f"stride: 1 {XAVIER}")
        w.pooling(f"pool{i}", "MAX", 2, 2)
    w.inner_product("ip1", 500)
    w.over("ReLU", "relu1")
    w.inner_product("ip2", 10, scaled=False)
    w.loss()
    return w.text()


def cifar10_quick(batch: int = 100, side: int = 32, width: float = 1.0) -> str:
    """The quick network for CIFAR-10: 145,578 parameters. Its first ReLU follows the pooling."""
    w = Writer("CIFAR10_quick", batch, 3, side, width)
    w.convolution("conv1", 32, 5, "pad: 2 " + GAUSSIAN.format(0.0001))
    w.pooling("pool1", "MAX", 3, 2)
    w.over("ReLU", "relu1")
    for i, outputs in ((2, 32), (3, 64)):
        w.convolution(f"conv{i}", outputs, 5, "pad: 2 " + GAUSSIAN.format(0.01))
        w.over("ReLU", f"relu{i}")
        w.pooling(f"pool{i}", "AVE", 3, 2)
    w.inner_product("ip1", 64, GAUSSIAN.format(0.1))
    w.inner_product("ip2", 10, GAUSSIAN.format(0.1), scaled=False)
    w.loss()
    return w.text()


def alexnet(batch: int = 256, side: int = 227, width: float = 1.0, *, reference: bool = False) -> str:
    """AlexNet: 60,965,224 parameters. Caffe's own `reference` pools before it normalises."""
    w = Writer("CaffeNet" if reference else "AlexNet", batch, 3, side, width)
    layers = [(96, 11, "stride: 4"), (256, 5, "pad: 2 group: 2"), (384, 3, "pad: 1")]
    layers += [(384, 3, "pad: 1 group: 2"), (256, 3, "pad: 1 group: 2")]
    for i, (outputs, size, fields) in enumerate(layers, 1):
        w.convolution(f"conv{i}", outputs, size, f"{fields} {GAUSSIAN.format(0.01)}")
        w.over("ReLU", f"relu{i}")
        if i < 3 and not reference:
            w.normalization(f"norm{i}")
        if i in (1, 2, 5):
            w.pooling(f"pool{i}", "MAX", 3, 2)
        if i < 3 and reference:
            w.normalization(f"norm{i}")
    for i in (6, 7):
        w.inner_product(f"fc{i}", 4096, GAUSSIAN.format(0.005))
        w.over("ReLU", f"relu{i}")
        w.over("Dropout", f"drop{i}", "dropout_param { dropout_ratio: 0.5 }")
    w.inner_product("fc8", 1000, GAUSSIAN.format(0.01), scaled=False)
    w.loss()
    return w.text()


# 1x1, 3x3 reduced to, 3x3, 5x5 reduced to, 5x5, after the pooling.
INCEPTION = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def googlenet(batch: int = 32, side: int = 224, width: float = 1.0) -> str:
    """GoogLeNet with its two auxiliary losses, of weight 0.3: 13,378,280 parameters, 6,998,552 of them without those."""
    w = Writer("GoogLeNet", batch, 3, side, width)
    filler = XAVIER + ' bias_filler { type: "constant" value: 0.2 }'

    def convolution(name: str, outputs: int, size: int, fields: str = "", bottom: str = "") -> str:
        w.convolution(name, outputs, size, f"{fields} {filler}", bottom=bottom)
        return w.over("ReLU", f"{name}/relu")

    def auxiliary(number: int, module: str) -> None:
        on = w.last
        size = min(5, (side + 15) // 16)  # 5 at the published side
        w.pooling(f"loss{number}/ave_pool", "AVE", size, 3)
        convolution(f"loss{number}/conv", 128, 1)
        w.inner_product(f"loss{number}/fc", 1024, filler)
        w.over("ReLU", f"loss{number}/relu_fc")
        w.over("Dropout", f"loss{number}/drop_fc", "dropout_param { dropout_ratio: 0.7 }")
        w.inner_product(f"loss{number}/classifier", 1000, scaled=False)
        w.loss(f"loss{number}/loss", "loss_weight: 0.3")
        w.last = on

    convolution("conv1/7x7_s2", 64, 7, "pad: 3 stride: 2")
    w.pooling("pool1/3x3_s2", "MAX", 3, 2)
    w.normalization("pool1/norm1")
    convolution("conv2/3x3_reduce", 64, 1)
    convolution("conv2/3x3", 192, 3, "pad: 1")
    w.normalization("conv2/norm2")
    w.pooling("pool2/3x3_s2", "MAX", 3, 2)
    for module, sizes in INCEPTION.items():
        if module in ("4b", "4e"):
            auxiliary(1 if module == "4b" else 2, module)
        name, below = f"inception_{module}", w.last
        one = convolution(f"{name}/1x1", sizes[0], 1, bottom=below)
        convolution(f"{name}/3x3_reduce", sizes[1], 1, bottom=below)
        three = convolution(f"{name}/3x3", sizes[2], 3, "pad: 1")
        convolution(f"{name}/5x5_reduce", sizes[3], 1, bottom=below)
        five = convolution(f"{name}/5x5", sizes[4], 5, "pad: 2")
        w.pooling(f"{name}/pool", "MAX", 3, 1, "pad: 1", bottom=below)
        pool = convolution(f"{name}/pool_proj", sizes[5], 1)
        w.layer("Concat", f"{name}/output", bottom=f"{one} {three} {five} {pool}")
        if module in ("3b", "4e"):
            w.pooling(f"pool{module[0]}/3x3_s2", "MAX", 3, 2)
    w.pooling("pool5", "AVE", (side + 31) // 32, 1)  # 7 at the published side
    w.over("Dropout", "pool5/drop", "dropout_param { dropout_ratio: 0.4 }")
    w.inner_product("loss3/classifier", 1000, scaled=False)
    w.loss("loss3/loss3", "loss_weight: 1")
    return w.text()


def resnet50(batch: int = 32, side: int = 224, width: float = 1.0) -> str:
    """ResNet-50, BatchNorm, Scale and ReLU in place, its strides in the first 1x1: 25,557,032 without BatchNorm's sums."""
    w = Writer("ResNet-50", batch, 3, side, width)

    def normalized(name: str, outputs: int, size: int, fields: str = "", bottom: str = "") -> str:
        once = "param { lr_mult: 1 }"
        w.convolution(name, outputs, size, f"{fields} bias_term: false {MSRA}", param=once, bottom=bottom)
        w.over("BatchNorm", f"bn_{name}", "param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 }")
        return w.over("Scale", f"scale_{name}", "scale_param { bias_term: true }")

    normalized("conv1", 64, 7, "pad: 3 stride: 2")
    w.over("ReLU", "conv1_relu")
    w.pooling("pool1", "MAX", 3, 2)
    for stage, (blocks, channels) in enumerate([(3, 64), (4, 128), (6, 256), (3, 512)], 2):
        for block in range(blocks):
            name, below = f"res{stage}{'abcdef'[block]}", w.last
            stride = "stride: 2" if stage > 2 and block == 0 else ""
            short = normalized(f"{name}_branch1", 4 * channels, 1, stride, below) if block == 0 else below
            normalized(f"{name}_branch2a", channels, 1, stride, below)
            w.over("ReLU", f"{name}_branch2a_relu")
            normalized(f"{name}_branch2b", channels, 3, "pad: 1")
            w.over("ReLU", f"{name}_branch2b_relu")
            long = normalized(f"{name}_branch2c", 4 * channels, 1)
            w.layer("Eltwise", name, bottom=f"{short} {long}")
            w.over("ReLU", f"{name}_relu")
    w.pooling("pool5", "AVE", (side + 31) // 32, 1)  # 7 at the published side
    w.inner_product("fc1000", 1000, MSRA, scaled=False)
    w.loss()
    return w.text()
