"""Elements named by indices: read or added up one by one, slices added up. (Slices NumPy copies as quickly.)

The engine's shapes become (outer, n, inner) around the dimension that the indices count along. NumPy's own way of adding,
`np.add.at`, works out the place of each single element; here a whole slice has one. Slices are added in the order in
which they come, so that a sum of floating numbers is the same every time.

If an index is below 0 or not below n, nothing is done and the answer is False.
"""

from numba import njit

from minigrad_kernels.cpu.compile import loop

inner = njit(no_cfunc_wrapper=True, no_cpython_wrapper=True)


@inner
def all_within(indices, n):
    """Whether every index names one of n places. Asked beforehand: the loops themselves need no way out."""
    within = True
    for i in range(indices.size):
        within &= (indices[i] >= 0) & (indices[i] < n)
    return within


@loop("boolean(T[:, :, ::1], int64[::1], T[:, :, ::1])")
def add_slices(x, indices, z):
    """z[k, indices[i]] += x[k, i]."""
    outer, n, width = z.shape
    if not all_within(indices, n):
        return False
    for k in range(outer):
        for i in range(indices.size):
            row, out = x[k, i], z[k, indices[i]]
            for j in range(width):
                out[j] += row[j]
    return True


@loop("boolean(T[:, :, ::1], int64[:, :, ::1], T[:, :, ::1])")
def take_along(x, indices, z):
    """z[k, i, j] = x[k, indices[k, i, j], j]."""
    outer, n, width = x.shape
    if not all_within(indices.reshape(-1), n):
        return False
    for k in range(outer):
        for i in range(indices.shape[1]):
            for j in range(width):
                z[k, i, j] = x[k, indices[k, i, j], j]
    return True


@loop("boolean(T[:, :, ::1], int64[:, :, ::1], T[:, :, ::1])")
def add_along(x, indices, z):
    """z[k, indices[k, i, j], j] += x[k, i, j]."""
    outer, n, width = z.shape
    if not all_within(indices.reshape(-1), n):
        return False
    for k in range(outer):
        for i in range(indices.shape[1]):
            for j in range(width):
                z[k, indices[k, i, j], j] += x[k, i, j]
    return True


@loop("boolean(T[:, ::1], int64[:, ::1], T[:, ::1])")
def take_in_rows(x, indices, z):
    """z[k, i] = x[k, indices[k, i]]."""
    outer, n = x.shape
    if not all_within(indices.reshape(-1), n):
        return False
    for k in range(outer):
        row, places, out = x[k], indices[k], z[k]
        for i in range(places.size):
            out[i] = row[places[i]]
    return True


@loop("boolean(T[:, ::1], int64[:, ::1], T[:, ::1])")
def add_in_rows(x, indices, z):
    """z[k, indices[k, i]] += x[k, i]."""
    outer, n = z.shape
    if not all_within(indices.reshape(-1), n):
        return False
    for k in range(outer):
        row, places, out = x[k], indices[k], z[k]
        for i in range(places.size):
            out[places[i]] += row[i]
    return True


LOOPS = {
    "add_slices": add_slices,
    "take_along": take_along,
    "add_along": add_along,
    "take_in_rows": take_in_rows,
    "add_in_rows": add_in_rows,
}
