"""How a scalar function is declared."""

from numba import njit

# "contract" fuses a multiplication with an addition. Nothing more: reordering would undo the split of log 2, and a NaN
# or an infinity has to mean what it does.
# "forceinline": a loop over a function that is called, because it is long, does not vectorise.
scalar = njit(fastmath={"contract"}, error_model="numpy", no_cfunc_wrapper=True, forceinline=True)
