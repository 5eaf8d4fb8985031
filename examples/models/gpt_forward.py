"""A GPT of one block, and what its way back needs of the way forward."""

import numpy as np

from keras_by_hand import layer_normalization, sigmoid, softmax


def forward(weights, tokens, k=0):
    E, P, gamma, beta, W_q, W_k, W_v, W_o, *others = weights
    gamma_2, beta_2, W_1, b_1, W_2, b_2, W, b = others
    batch, steps = tokens.shape
    x = np.reshape(E[tokens] + P[:steps], (-1, 16))  # (rows, features)
    u = layer_normalization(x, gamma, beta)
    Q, K, V = [np.reshape(u @ w, (batch, steps, 16)) for w in (W_q, W_k, W_v)]
    scores = Q @ K.swapaxes(1, 2) / 4  # (batch, steps, steps)
    A = softmax(np.where(np.tri(steps, k=k), scores, -1e9))
    mixed = np.reshape(A @ V, (-1, 16))  # (rows, features)
    h = x + mixed @ W_o
    v = layer_normalization(h, gamma_2, beta_2)
    z = v @ W_1 + b_1  # (rows, hidden)
    y = h + z * sigmoid(z) @ W_2 + b_2
    return y @ W + b, (x, u, Q, K, V, A, mixed, h, v, z, y)
