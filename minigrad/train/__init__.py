"""Training: the loop, what listens to it, and what is kept of it.

============================================= ====================================================================
`fit`, `fit_async`                            train a model; the second while a notebook's buttons work
`evaluate`                                    measure a model on data that it does not learn from
`Run`, `Control`                              what is known of a run; how it is paused, stopped and steered
`Callback`                                    what wants to be told how a run goes on
`EarlyStopping`, `StopOnNaN`                  end a run that no longer gets better, or whose numbers are none
`Checkpoint`, `save_checkpoint`,              a run in a file, from which it goes on to the last bit
`load_checkpoint`
`ProgressBar`, `LearningRateLog`, `CSVLog`    how far it is; what is written down
`EMA`, `Films`                                an average of the weights; films of chosen steps
============================================= ====================================================================

The files in the order in which to read them: `_loop` (the training itself), `_run` (what is known of it), `_batch`, `_fit`;
then the callbacks; then `_state`, `_pack` and `_file`, which make a file of a run.
"""

from minigrad.train._averages import EMA
from minigrad.train._callback import Callback
from minigrad.train._checkpoint import load_checkpoint, save_checkpoint
from minigrad.train._control import Control
from minigrad.train._evaluate import evaluate
from minigrad.train._films import Films
from minigrad.train._fit import fit, fit_async
from minigrad.train._logs import CSVLog, LearningRateLog
from minigrad.train._pack import CheckpointError
from minigrad.train._progress import ProgressBar
from minigrad.train._run import Run
from minigrad.train._saving import Checkpoint
from minigrad.train._stopping import EarlyStopping, StopOnNaN

__all__ = [
    "EMA",
    "CSVLog",
    "Callback",
    "Checkpoint",
    "CheckpointError",
    "Control",
    "EarlyStopping",
    "Films",
    "LearningRateLog",
    "ProgressBar",
    "Run",
    "StopOnNaN",
    "evaluate",
    "fit",
    "fit_async",
    "load_checkpoint",
    "save_checkpoint",
]
