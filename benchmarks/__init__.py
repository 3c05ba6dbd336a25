"""Measurements of minigrad beside PyTorch: `make bench`, or `python -m benchmarks`."""
