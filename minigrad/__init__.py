"""minigrad: a small, fast deep-learning library to learn from."""
