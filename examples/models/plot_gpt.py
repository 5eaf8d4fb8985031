r"""
GPT from scratch in NumPy: the same text as Keras
=================================================

GPT is a stack of decoder blocks that predicts the next token of a text. With
Keras' weights, NumPy computes the same logits and writes the same text.

.. math::

   x_0 &= E_{\text{tokens}} + P \\
   g_i &= x_{i-1} + \text{causal}(\text{norm}(x_{i-1})) \\
   x_i &= g_i + W_2 \, \text{gelu}(W_1 \, \text{norm}(g_i)) \\
   \text{logits} &= W \, \text{norm}(x_n)

E has a row for each token, P one for each position. "causal" is attention that
sees no later token, "norm" is ``LayerNormalization``. Biases are left out.
"""

import math
from itertools import islice

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops

# %%
# Build it
# --------
# Each character is a token. A running sum of ones counts the positions.

rhymes = [("hen", "den"), ("fox", "box"), ("cat", "mat"), ("dog", "log")]
lines = [f"the {animal} ran to the {place}." for animal, place in rhymes]
vocabulary = sorted(set("".join(lines)))
tokens = np.array([[vocabulary.index(c) for c in line] for line in lines])


def keras_gpt(dtype):
    keras.config.set_dtype_policy(dtype)
    x = inputs = keras.Input((None,), dtype="int32")  # (batch, steps)
    positions = ops.cumsum(ops.ones_like(x), axis=1) - 1
    x = layers.Embedding(len(vocabulary), 32)(x)
    x = x + layers.Embedding(tokens.shape[1], 32)(positions)
    stages = [x]
    for _ in range(2):
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        x = x + layers.MultiHeadAttention(2, 16)(y, y, use_causal_mask=True)
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        x = x + layers.Dense(32)(layers.Dense(128, "gelu")(y))
        stages.append(x)
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    return keras.Model(inputs, [*stages, layers.Dense(len(vocabulary))(y)])


# %%
# From other pages
# ----------------


def embedding(x, embeddings):
    """An Embedding layer (Keras documentation, Embedding).

    x: tokens, of any shape, embeddings: (input_dim, output_dim). Returns
    (*x.shape, output_dim). Tokens that are floats lose their fraction.
    """
    return embeddings[np.asarray(x).astype("int32")]


def layer_normalization(x, gamma=None, beta=None, *, axis=-1, epsilon=0.001):
    """LayerNormalization (Ba, Kiros and Hinton, 2016).

    x: any shape, gamma, beta: the lengths of x along the axes, in ascending
    order. Returns the shape of x.
    """
    axes = tuple(np.ravel(axis))
    mean = np.mean(x, axes, keepdims=True)
    variance = np.var(x, axes, keepdims=True)
    y = (x - mean) / np.sqrt(variance + epsilon)
    shape = [1] * x.ndim
    for i in axes:
        shape[i] = x.shape[i]
    if gamma is not None:
        y = y * np.reshape(gamma, shape)
    if beta is not None:
        y = y + np.reshape(beta, shape)
    return y


def multi_head_attention(
    query,
    value,
    key=None,
    *weights,
    use_bias=True,
    use_gate=False,
    sliding_window=None,
    attention_mask=None,
    use_causal_mask=False,
    return_attention_scores=False,
):
    """MultiHeadAttention (Vaswani et al., 2017; Keras documentation).

    query: (batch, target, features), value and key: (batch, source, features),
    weights: as in get_weights(), attention_mask: (batch, target, source) or
    (target, source), true where a step may attend. Returns (batch, target,
    features); or a pair, with the scores, (batch, heads, target, source).
    """
    remaining = iter(weights)

    def project(x, axes=1):
        y = np.tensordot(x, next(remaining), axes)
        return y + next(remaining) if use_bias else y

    q = project(query)  # (batch, target, heads, key_dim)
    k = project(value if key is None else key)
    gate = sigmoid(project(query)) if use_gate else 1
    v = project(value)
    scores = np.einsum("bthd,bshd->bhts", q, k) / np.sqrt(q.shape[-1])

    target, source = np.indices(scores.shape[2:])
    allowed = True
    if attention_mask is not None:
        allowed = np.expand_dims(attention_mask, -3)  # the same for all heads
    if use_causal_mask:
        allowed = allowed & (source <= target)
    if sliding_window is not None:
        allowed = allowed & (np.abs(source - target) < sliding_window)
    scores = softmax(np.where(allowed, scores, -1e9))
    if return_attention_scores:  # zeros where a step may attend to nothing
        scores = scores * allowed

    y = project(np.einsum("bhts,bshd->bthd", scores, v) * gate, axes=2)
    return (y, scores) if return_attention_scores else y


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def softmax(x, axis=-1):
    """exp(x) divided by its sum along an axis; x: any shape.

    Keras documentation, softmax.
    """
    powers = np.exp(x - np.max(x, axis, keepdims=True))
    return powers / np.sum(powers, axis, keepdims=True)


def dense(x, kernel, bias=None, *, activation=None):
    """A Dense layer (Keras documentation, Dense).

    x: (..., features), kernel: (features, units), bias: (units,), activation: a
    function of the sum, such as np.tanh. Returns (..., units).
    """
    y = x @ kernel
    if bias is not None:
        y = y + bias
    return y if activation is None else activation(y)


def gelu(x, approximate=False):
    """x times the probability that a standard normal number is below x.

    x: finite, any shape (Hendrycks and Gimpel, 2016).
    """
    if approximate:
        u = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
        return 0.5 * x * (1 + np.tanh(u))
    erfc = np.vectorize(math.erfc, otypes=[float])
    return 0.5 * x * erfc(-x / math.sqrt(2))


# %%
# Compute it
# ----------
# GPT-2 itself uses the approximate ``gelu``, and its W is E, transposed.


def gpt(tokens, weights, activation=gelu, blocks=2):
    """GPT with the normalization first (Radford et al., 2019: GPT-2).

    tokens: (batch, steps), weights: as in get_weights(). Returns a list: the
    embeddings, the outputs of the blocks, and the logits of the next tokens.
    """
    weights = iter(weights)
    x = embedding(tokens, next(weights)) + next(weights)[: tokens.shape[1]]
    stages = [x]
    for _ in range(blocks):
        y = layer_normalization(x, *islice(weights, 2), epsilon=1e-5)
        heads = islice(weights, 8)
        x = x + multi_head_attention(y, y, y, *heads, use_causal_mask=True)
        y = layer_normalization(x, *islice(weights, 2), epsilon=1e-5)
        y = dense(y, *islice(weights, 2), activation=activation)
        x = x + dense(y, *islice(weights, 2))
        stages.append(x)
    y = layer_normalization(x, *islice(weights, 2), epsilon=1e-5)
    return [*stages, dense(y, *weights)]


# %%
# Check it
# --------
# Even in float64, Keras rounds a constant of ``gelu``. Here NumPy does, too.

nearly_1 = float(np.float32(math.sqrt(0.5))) / math.sqrt(0.5)
rng = np.random.default_rng(313)
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float64", "float32"] if tensorflow else ["float32"]:
    model = keras_gpt(dtype)
    weights = [rng.integers(-9, 10, w.shape) / 16 for w in model.weights]
    model.set_weights(weights)
    expected = gpt(tokens, weights, lambda x: gelu(nearly_1 * x) / nearly_1)
    pairs = zip(map(ops.convert_to_numpy, model(tokens)), expected)
    errors = [np.max(np.abs(y - z)) / np.max(np.abs(z)) for y, z in pairs]
    np.testing.assert_array_less(errors, 1000 * np.finfo(dtype).eps)

# %%
# Break it
# --------
# Would you forget the last normalization? All shapes are right without it.

wrong = dense(expected[-2], *weights[-2:])
assert not np.allclose(wrong, expected[-1])

# %%
# See it
# ------
# Keras trains the model. NumPy goes on from "the h", "the f", "the c", "the d".

training = keras.Model(model.input, model.outputs[-1])
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
training.compile(keras.optimizers.SGD(0.5), loss)
for _ in range(150):
    training.train_on_batch(tokens[:, :-1], tokens[:, 1:])
text = np.pad(tokens[:, :5], [(0, 0), (0, 18)])  # the mask hides the zeros
for step in range(5, 23):
    logits = gpt(text, model.get_weights())[-1]  # (batch, steps, vocabulary)
    text[:, step] = np.argmax(logits[:, step - 1], axis=-1)
print(*["".join(vocabulary[i] for i in line) for line in text], sep="\n")
likeliest = np.argmax(training.predict_on_batch(text), axis=-1)
print("Keras writes the same:", np.all(likeliest[:, 4:-1] == text[:, 5:]))
fig, (left, right) = plt.subplots(1, 2, figsize=(7.5, 2.8))
left.bar(range(22), np.max(softmax(logits[1, :-1]), axis=-1))
left.set_xticks(range(22), lines[1][1:])
left.set(title="GPT: only the animal is a guess", ylabel="highest probability")
right.semilogy(["block 1", "block 2", "logits"], errors[1:], "o-")
right.set(title="Largest relative error in float32", ylim=(1e-8, 1e-5))
plt.show()
