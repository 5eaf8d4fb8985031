"""Digits as they are, and digits in a mirror."""

import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
labels = digits.target
upright = np.reshape(digits.images / 16, (-1, 64))  # (batch, pixels)
mirrored = np.reshape(digits.images[:, :, ::-1] / 16, (-1, 64))
