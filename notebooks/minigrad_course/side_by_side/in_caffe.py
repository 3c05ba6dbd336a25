"""The three networks as layers, Caffe's way: blobs with names, and layers that read and write them.

Written with pycaffe's NetSpec. `net.to_proto()` shows the prototxt that it stands for.
"""

from minigrad import caffe
from minigrad.caffe import layers as L
from minigrad.caffe import params as P

XAVIER = {"type": "xavier"}


def dense(x, outputs):
    """An inner product with a bias."""
    return L.InnerProduct(x, num_output=outputs, weight_filler=XAVIER)


def convolution(x, outputs, size, bias=True):
    """Windows of `size` that keep the side of the picture."""
    return L.Convolution(x, num_output=outputs, kernel_size=size, pad=size // 2, bias_term=bias, weight_filler=XAVIER)


def pooling(x):
    """The largest of each window of 2 x 2."""
    return L.Pooling(x, pool=P.Pooling.MAX, kernel_size=2, stride=2)


def inputs(batch):
    """A net that has pictures and labels so far."""
    n = caffe.NetSpec()
    n.data = L.Input(shape={"dim": [batch, 1, 8, 8]})
    n.label = L.Input(shape={"dim": [batch]})
    return n


def mlp(n):
    """Pixels to 32 hidden numbers to 10 scores."""
    n.hidden = dense(n.data, 32)
    n.relu = L.ReLU(n.hidden, in_place=True)
    n.score = dense(n.relu, 10)


def lenet(n):
    """Two convolutions with pooling, two layers of inner products."""
    n.conv1 = convolution(n.data, 6, 3)
    n.pool1 = pooling(n.conv1)
    n.conv2 = convolution(n.pool1, 12, 3)
    n.pool2 = pooling(n.conv2)
    n.hidden = dense(n.pool2, 32)
    n.relu = L.ReLU(n.hidden, in_place=True)
    n.score = dense(n.relu, 10)


def normalization(n, name, x):
    """Two layers: BatchNorm brings to mean 0 and variance 1, Scale has the gain and the shift that are learnt."""
    n[f"{name}/moments"] = L.BatchNorm(x, in_place=True)
    n[name] = L.Scale(n[f"{name}/moments"], bias_term=True, in_place=True)
    return n[name]


def residual_block(n, name, x, inputs, outputs):
    """What came in, plus what two convolutions make of it: a Split is put in where x is read twice."""
    short = x
    if inputs != outputs:
        short = n[f"{name}.short"] = convolution(x, outputs, 1, bias=False)
    n[f"{name}.a"] = convolution(x, outputs, 3, bias=False)
    a = normalization(n, f"{name}.a_norm", n[f"{name}.a"])
    n[f"{name}.a_relu"] = L.ReLU(a, in_place=True)
    n[f"{name}.b"] = convolution(n[f"{name}.a_relu"], outputs, 3, bias=False)
    b = normalization(n, f"{name}.b_norm", n[f"{name}.b"])
    n[f"{name}.sum"] = L.Eltwise(short, b)
    n[f"{name}.relu"] = L.ReLU(n[f"{name}.sum"], in_place=True)
    return n[f"{name}.relu"]


def resnet(n):
    """A convolution, two residual blocks, the mean of each channel, 10 scores."""
    n.first = convolution(n.data, 4, 3, bias=False)
    n.first_relu = L.ReLU(n.first, in_place=True)
    x = residual_block(n, "block1", n.first_relu, 4, 4)
    x = residual_block(n, "block2", x, 4, 8)
    n.mean = L.Pooling(x, pool=P.Pooling.AVE, global_pooling=True)
    n.score = dense(n.mean, 10)


NETWORKS = {"MLP": mlp, "LeNet": lenet, "ResNet": resnet}
