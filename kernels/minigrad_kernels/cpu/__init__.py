"""Kernels for the CPU, compiled by Numba: the entries of the table in which it is faster than NumPy.

`map.py`, `reduce.py`, `softmax.py` and `update.py` hold the loops. `entries.py` puts a call to the loop that fits
it, and `by_size.py` chooses between that and NumPy's kernel; `auto.py` holds the sizes from which Numba wins.
`compile.py` compiles a loop on first use and keeps it on disk, `warm.py` does so ahead of time. Nothing here
imports Numba before a loop is needed.
"""

from minigrad_kernels.cpu.auto import BY_SIZE
from minigrad_kernels.cpu.by_size import by_size
from minigrad_kernels.cpu.entries import FAST

# The backend "numba": every entry, whatever the size. What no loop can take still goes to NumPy.
ALWAYS = {name: by_size(name, fast, 1) for name, fast in FAST.items()}

__all__ = ["ALWAYS", "BY_SIZE"]
