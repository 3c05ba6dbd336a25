"""Arrays in, arrays out: the kernels that minigrad's operations run.

A *backend* is a table from an operation's name to the function that computes it. `numpy/` is the reference: it
is the specification, complete, and runs wherever NumPy runs. `cpu/` replaces the entries where Numba is faster.
Nothing here knows of gradients, tensors or graphs.
"""
