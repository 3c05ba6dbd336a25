"""The three networks as declared graphs, TensorFlow 1's way: variables have names and scopes, pictures are NHWC."""

# pyright: reportOperatorIssue=false
import minigrad.tf1 as tf


def dense(name, x, outputs):
    """A product of matrices and a bias."""
    with tf.variable_scope(name):
        weight = tf.get_variable("kernel", [x.shape.as_list()[-1], outputs])
        bias = tf.get_variable("bias", [outputs], initializer=tf.zeros_initializer())
        return tf.matmul(x, weight) + bias


def convolution(name, x, outputs, size, bias=True):
    """Windows of `size` that keep the side of the picture."""
    with tf.variable_scope(name):
        weight = tf.get_variable("kernel", [size, size, x.shape.as_list()[-1], outputs])
        x = tf.nn.conv2d(x, weight, strides=[1, 1, 1, 1], padding="SAME")
        return x + tf.get_variable("bias", [outputs], initializer=tf.zeros_initializer()) if bias else x


def pooling(x):
    """The largest of each window of 2 x 2."""
    return tf.nn.max_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")


def flat(x):
    """Each picture as a row, its channels side by side for each pixel."""
    rows, columns, channels = x.shape.as_list()[1:]
    return tf.reshape(x, [-1, rows * columns * channels])


def mlp(x):
    """Pixels to 32 hidden numbers to 10 scores."""
    x = tf.nn.relu(dense("hidden", flat(x), 32))
    return dense("score", x, 10)


def lenet(x):
    """Two convolutions with pooling, two layers of inner products."""
    x = pooling(convolution("conv1", x, 6, 3))
    x = pooling(convolution("conv2", x, 12, 3))
    x = tf.nn.relu(dense("hidden", flat(x), 32))
    return dense("score", x, 10)


def normalization(name, x):
    """Each channel of a batch brought to mean 0 and variance 1, then scaled and shifted."""
    channels = x.shape.as_list()[-1:]
    with tf.variable_scope(name):
        scale = tf.get_variable("gamma", channels, initializer=tf.ones_initializer())
        shift = tf.get_variable("beta", channels, initializer=tf.zeros_initializer())
        mean, variance = tf.nn.moments(x, [0, 1, 2])
        return tf.nn.batch_normalization(x, mean, variance, shift, scale, 1e-5)


def residual_block(name, x, outputs):
    """What came in, plus what two convolutions make of it."""
    with tf.variable_scope(name):
        short = x
        if x.shape.as_list()[-1] != outputs:
            short = convolution("short", x, outputs, 1, bias=False)
        x = tf.nn.relu(normalization("a_norm", convolution("a", x, outputs, 3, bias=False)))
        return tf.nn.relu(short + normalization("b_norm", convolution("b", x, outputs, 3, bias=False)))


def resnet(x):
    """A convolution, two residual blocks, the mean of each channel, 10 scores."""
    x = tf.nn.relu(convolution("first", x, 4, 3, bias=False))
    x = residual_block("block2", residual_block("block1", x, 4), 8)
    return dense("score", tf.reduce_mean(x, [1, 2]), 10)


NETWORKS = {"MLP": mlp, "LeNet": lenet, "ResNet": resnet}
