"""Kernels for the CPU, compiled by Numba: the entries of the table in which it is faster than NumPy.

`map.py`, `reduce.py`, `softmax.py` and `update.py` hold the loops. `entries/` puts a call to the loop that fits it
and says from which size on Numba wins; `by_size.py` chooses between that and NumPy's kernel. `compile.py` compiles a
loop on first use and keeps it on disk, `warm.py` does so ahead of time. Nothing here imports Numba before a loop is
needed.
"""

from minigrad_kernels.cpu.by_size import by_size
from minigrad_kernels.cpu.entries import KERNELS

# The backend "numba": every entry, whatever the size. What no loop can take still goes to NumPy.
ALWAYS = {name: by_size(name, k.call, 1, k.signature) for name, k in KERNELS.items()}
# The backend "auto": NumPy's kernels for small arrays, Numba's for large ones.
BY_SIZE = {name: by_size(name, k.by_size or k.call, k.above, k.signature) for name, k in KERNELS.items()}

__all__ = ["ALWAYS", "BY_SIZE"]
