"""`tf.train`: optimisers, learning rates, checkpoints."""

from minigrad.tf1.optimizer import *  # noqa: F403
from minigrad.tf1.optimizers import *  # noqa: F403
from minigrad.tf1.saver import *  # noqa: F403
from minigrad.tf1.schedules import *  # noqa: F403
