"""Operators between tensors in models."""
