"""Products of matrices."""

DIFFERENT = {
    "linear": lambda t, *inputs: t.nn.functional.linear(*inputs),
}
