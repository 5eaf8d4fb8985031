"""Train a model from its file, in NumPy."""
