"""Metrics: what is counted while a model learns, and the log that keeps it.

A metric is given batches (`update`) and gives one result for all of them (`compute`). It keeps sums and counts, never means,
so that batches of different sizes count by their sizes.
"""

from minigrad.metrics._tracker import MetricTracker

__all__ = ["MetricTracker"]
