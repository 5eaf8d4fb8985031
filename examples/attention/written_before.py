"""What lessons wrote before the transformer, to the letter."""

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


def multi_head(query, value, key, weights, mask=True):
    W_q, b_q, W_k, _, W_v, b_v, W, b = weights
    y = b  # (features,)
    for head in range(W_q.shape[1]):
        Q = query @ W_q[:, head] + b_q[head]  # (batch, target, key_dim)
        K = key @ W_k[:, head]  # softmax cancels the bias
        V = value @ W_v[:, head] + b_v[head]  # (batch, source, key_dim)
        scores = Q @ K.swapaxes(1, 2) / np.sqrt(W_q.shape[2])
        A = softmax(np.where(mask, scores, -1e9))  # (batch, target, source)
        y = y + A @ V @ W[head]  # (batch, target, features)
    return y
