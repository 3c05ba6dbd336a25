"""TensorFlow 1.0: a program declares a graph, and a session runs it. The graph is data.

::

    import minigrad.tf1 as tf

    x = tf.placeholder(tf.float32, [None, 784])
    w = tf.Variable(tf.zeros([784, 10]))
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w)))
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train, feed_dict={x: batch})

Names, arguments and messages are TensorFlow's. Operations, gradient rules, rewrites and kernels are minigrad's own.
"""

from minigrad.dtypes import bool_ as bool
from minigrad.dtypes import float16, float32, float64, int8, int16, int32, int64, uint8
from minigrad.tf1 import errors, layers, losses, nn, train
from minigrad.tf1 import trace as timeline
from minigrad.tf1.array_ops import *  # noqa: F403
from minigrad.tf1.array_ops import slice_ as slice
from minigrad.tf1.cond import *  # noqa: F403
from minigrad.tf1.config import *  # noqa: F403
from minigrad.tf1.convert import *  # noqa: F403
from minigrad.tf1.gradients import *  # noqa: F403
from minigrad.tf1.graph import *  # noqa: F403
from minigrad.tf1.initializers import *  # noqa: F403
from minigrad.tf1.making import *  # noqa: F403
from minigrad.tf1.math_ops import *  # noqa: F403
from minigrad.tf1.order import *  # noqa: F403
from minigrad.tf1.order import tuple_ as tuple
from minigrad.tf1.placeholders import *  # noqa: F403
from minigrad.tf1.random_ops import *  # noqa: F403
from minigrad.tf1.reductions import *  # noqa: F403
from minigrad.tf1.scopes import *  # noqa: F403
from minigrad.tf1.session import *  # noqa: F403
from minigrad.tf1.shapes import *  # noqa: F403
from minigrad.tf1.tensors import *  # noqa: F403
from minigrad.tf1.trace import *  # noqa: F403
from minigrad.tf1.variables import *  # noqa: F403
from minigrad.tf1.while_loop import *  # noqa: F403

__version__ = "1.0.0"  # of TensorFlow: whose names and behaviour these are
