r"""
Mixed precision remembers in float32
====================================

A layer of ``mixed_float16`` or ``mixed_bfloat16`` computes in 16 bits, as one
of ``float16`` or ``bfloat16`` does, but stores its weights in float32. Whenever
it is called, they are rounded; when it is trained, the ones stored are moved.
With :math:`r` for rounding to 16 bits, and gradient :math:`g`:

.. math::

   y = r\left(r(x) \, r(W) + r(b)\right), \qquad
   W \leftarrow \begin{cases}
   W - \eta \, g & \text{mixed} \\
   r(W - \eta \, g) & \text{16 bits only}
   \end{cases}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A layer for each policy, of the same weights. A policy is two dtypes: one for
# the variables, and one to compute in. Each takes 20 steps of training, which
# are all the same: the targets are so far above the answers that the `mean
# absolute error`_ falls evenly. The layer is asked about one feature at a time,
# times a power of two: such a product needs no rounding, and how often it is
# rounded, which the page before is about, makes no difference.
#
# .. _mean absolute error: https://keras.io/api/losses/regression_losses/

kernel = np.random.normal(size=(3, 2)).astype("float32")  # (features, units)
bias = np.float32([0.7, -1.9])  # (units,)
one_feature = np.concatenate([np.eye(3), -np.eye(3)])
x = np.kron(2.0 ** np.arange(-8, 9)[:, np.newaxis], one_feature)
x = x.astype("float32")  # (batch, features)
x_train = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0]])
targets = np.full((4, 2), 100)  # (batch, units)
learning_rate = 2**-9
policies = {
    "mixed_float16": ("float32", "float16"),
    "float16": ("float16", "float16"),
    "mixed_bfloat16": ("float32", "bfloat16"),
    "bfloat16": ("bfloat16", "bfloat16"),
}
ys, trained = {}, {}
for policy, dtypes in policies.items():
    inputs = keras.Input(shape=(3,))
    dense = keras.layers.Dense(2, dtype=policy)
    model = keras.Model(inputs, dense(inputs))
    dense.set_weights([kernel, bias])
    both = dense.variable_dtype, dense.compute_dtype
    np.testing.assert_equal(both, dtypes, policy)
    ys[policy] = model.predict(x, verbose=0)  # (batch, units)
    print(f"{policy:14} stores {dtypes[0]:8}, computes {ys[policy].dtype}")

    model.compile(keras.optimizers.SGD(learning_rate), "mean_absolute_error")
    trained[policy] = [dense.get_weights()]
    for _ in range(20):
        model.train_on_batch(x_train, targets)
        trained[policy].append(dense.get_weights())

# %%
# Compute it
# ----------
# All is computed in float32, and rounded as on the two pages before; variables
# of float32 are not rounded, and ``same`` stands for that. The gradient of each
# weight is minus half of the mean of its feature, which is 1 for the bias.


def same(values):
    return values


def float16(values):
    return values.astype("float16").astype("float32")


def bfloat16(values):
    bits = values.view("uint32").astype("int64")
    even = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16
    return even.astype("uint32").view("float32")


def dense_16_bits(x, kernel, bias, rounded):
    """The answer, where the product needs no rounding: (batch, units)."""
    return rounded(rounded(x) @ rounded(kernel) + rounded(bias))


def sgd(weights, gradient, rounded):
    """The start and twenty steps, of one array of weights."""
    steps = [rounded(weights)]
    for _ in range(20):
        steps.append(rounded(steps[-1] - learning_rate * gradient))
    return np.stack(steps)


kernel_gradient = np.float32([[-3 / 8], [-1 / 8], [0]])  # of each unit
rounding = {"float32": same, "float16": float16, "bfloat16": bfloat16}
answers = {
    dtype: dense_16_bits(x, kernel, bias, rounded=rounding[dtype])
    for dtype in ("float16", "bfloat16")
}
steps = {
    dtype: [
        sgd(kernel, kernel_gradient, rounded=rounding[dtype]),
        sgd(bias, -1 / 2, rounded=rounding[dtype]),
    ]
    for dtype in rounding
}

# %%
# Check it
# --------
# With and without ``mixed_``, the answers are the same, to the bit.

for policy, (_, compute_dtype) in policies.items():
    y = ys[policy]
    np.testing.assert_equal(y.shape, (102, 2), policy)
    np.testing.assert_equal(y.dtype.name, compute_dtype, policy)
    y = y.astype("float32")
    np.testing.assert_array_equal(y, answers[compute_dtype], policy)

    rounded = rounding[compute_dtype]
    product = x @ rounded(kernel)
    np.testing.assert_array_equal(product, rounded(product), policy)

# %%
# The weights are not: not when they are set, nor after any step.

for policy, (variable_dtype, _) in policies.items():
    for kept, expected in zip(zip(*trained[policy]), steps[variable_dtype]):
        kept = np.stack(kept)
        np.testing.assert_equal(kept.dtype.name, variable_dtype, policy)
        kept = kept.astype("float32")
        np.testing.assert_array_equal(kept, expected, policy)
    print(f"{policy:14} bias {kept[0]} becomes {kept[-1]}")

# %%
# Break it
# --------
# Each step moves the bias by 2**-10. In bfloat16 that is less than half of the
# distance to the next number, so that no step moves it at all. The sum of the
# steps would have been visible.

_, bias_steps = steps["bfloat16"]
at_once = bfloat16(bias_steps[0] + np.float32(20 * 2**-10))
print("bfloat16, step by step:", bias_steps[-1], "and at once:", at_once)
np.testing.assert_equal(np.ptp(bias_steps, axis=0), [0, 0])
np.testing.assert_equal(np.any(at_once == bias_steps[-1]), False)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for policy, style in zip(policies, ["x-", "+", "o", "s"]):
    path = [weights[1].astype("float32")[0] for weights in trained[policy]]
    axis.plot(path, style, label=policy, fillstyle="none")
axis.set(title="In bfloat16 alone, small steps are lost")
axis.set(xlabel="step", xticks=[0, 5, 10, 15, 20], ylabel="bias of a unit")
axis.legend()
plt.show()
