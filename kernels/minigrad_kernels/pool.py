"""Memory for results."""

from numpy import empty

__all__ = ["empty"]
