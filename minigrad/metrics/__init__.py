"""Metrics: what is counted while a model learns, and the log that keeps it.

A metric is given batches (`update`) and gives one result for all of them (`compute`). It keeps sums and counts, never means,
so that batches of different sizes count by their sizes. Metrics of several processes are merged, and their states saved.

===================================== ==============================================================
`Mean`                                numbers with weights: the losses of batches
`Accuracy`, `TopK`                    how often the true class is predicted, or among the first k
`ConfusionMatrix`                     which class was taken for which
`Precision`, `Recall`, `F1`           what a prediction of a class is worth; how much of it is found
`AUROC`                               how well scores rank
`MSE`, `MAE`                          how far numbers are off
`Perplexity`                          among how many tokens a language model hesitates
`Throughput`                          examples a second
`MetricTracker`                       the log: by step and epoch, in memory and in files
===================================== ==============================================================
"""

from minigrad.metrics._accuracy import Accuracy, TopK
from minigrad.metrics._auroc import AUROC
from minigrad.metrics._confusion import ConfusionMatrix
from minigrad.metrics._errors import MAE, MSE
from minigrad.metrics._mean import Mean
from minigrad.metrics._metric import Metric
from minigrad.metrics._perplexity import Perplexity
from minigrad.metrics._precision_recall import F1, Precision, Recall
from minigrad.metrics._throughput import Throughput
from minigrad.metrics._tracker import MetricTracker

__all__ = [
    "AUROC",
    "F1",
    "MAE",
    "MSE",
    "Accuracy",
    "ConfusionMatrix",
    "Mean",
    "Metric",
    "MetricTracker",
    "Perplexity",
    "Precision",
    "Recall",
    "Throughput",
    "TopK",
]
