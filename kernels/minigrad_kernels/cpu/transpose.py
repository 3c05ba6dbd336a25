"""A matrix written down anew with rows and columns exchanged.

Either the reading or the writing of such a copy must jump from row to row, and of each line of memory that it touches
use one number. So it goes by tiles of 16 x 16: sixteen lines are read whole into a tile that stays in the nearest cache,
and sixteen are written whole. (Without the tile of its own, rows whose distance is a power of two would push each other
out of the cache before they are used.)
"""

from minigrad_kernels.cpu.compile import loop

TILE = 16


@loop("void(T[:, :, ::1], T[:, ::1], T[:, :, ::1])")
def transpose(x, tile, z):
    """z[k, j, i] = x[k, i, j]; `tile` is room for 16 x 16."""
    count, rows, columns = x.shape
    for k in range(count):
        for top in range(0, rows, TILE):
            height = min(TILE, rows - top)
            for left in range(0, columns, TILE):
                width = min(TILE, columns - left)
                if height == TILE and width == TILE:  # lengths that are known become instructions for whole lines
                    for i in range(TILE):
                        row = x[k, top + i]
                        for j in range(TILE):
                            tile[j, i] = row[left + j]
                    for j in range(TILE):
                        row, out = tile[j], z[k, left + j]
                        for i in range(TILE):
                            out[top + i] = row[i]
                else:
                    for j in range(width):
                        for i in range(height):
                            z[k, left + j, top + i] = x[k, top + i, left + j]


LOOPS = {"transpose": transpose}
