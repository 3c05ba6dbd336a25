"""How the functions that loops are made of are compiled: into the loop that calls them, never to be called from Python."""

from numba import njit

# Of so many numbers each strand of float32 additions gets a few dozen; the sums of blocks are added in float64.
BLOCK = 512

inner = njit(fastmath={"contract"}, error_model="numpy", no_cfunc_wrapper=True, no_cpython_wrapper=True)

# "reassoc" lets a sum be taken in eight or sixteen strands at once. It is for sums alone: elsewhere it would
# rewrite (x - max) - log(total) as x - (max + log(total)), which cancels.
summing = njit(fastmath={"contract", "reassoc"}, error_model="numpy", no_cfunc_wrapper=True, no_cpython_wrapper=True)
