"""Gradients of what NumPy computes, by a tape that its own protocols write.

tape.py: what notes how numbers came about, and the way back; the others hold
its rules: entries.py what works entry by entry, moves.py what moves or joins
entries, sums.py sums and extremes, products.py products of matrices.
"""

from keras_by_hand.tracing import entries, moves, products, sums  # the rules
from keras_by_hand.tracing.tape import NoGradient, gradient

__all__ = ["NoGradient", "entries", "gradient", "moves", "products", "sums"]
