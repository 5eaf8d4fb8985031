"""What lessons wrote before the GPT, to the letter."""

import math

import numpy as np


def softmax(z):
    powers = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return powers / np.sum(powers, axis=-1, keepdims=True)


def normalize(x, gamma, beta):
    mean = np.mean(x, axis=-1, keepdims=True)
    variance = np.var(x, axis=-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta


def gelu(x):
    probability = (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2
    return x * probability
