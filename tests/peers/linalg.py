"""Products of matrices."""

DIFFERENT = {
    "sum_of_products": lambda t, *xs, equation: t.einsum(equation, *xs),
    "linear": lambda t, *inputs: t.nn.functional.linear(*inputs),
}
