"""Training: the loop, what listens to it, and what is kept of it.

The files in the order in which to read them: `_loop` (the training itself), `_run` (what is known of it), `_batch`, `_fit`.
"""

from minigrad.train._callback import Callback
from minigrad.train._control import Control
from minigrad.train._evaluate import evaluate
from minigrad.train._fit import fit, fit_async
from minigrad.train._run import Run

__all__ = ["Callback", "Control", "Run", "evaluate", "fit", "fit_async"]
