r"""
Initializers: Glorot, He and LeCun fit the weights to the layer
===============================================================

Why are first weights random? With equal ones, all units of a layer compute the
same, get the same gradient, and stay equal for ever. And how large must they
be? A sum over more inputs is larger, so each weight has to be smaller:

.. math:: \operatorname{var}(W) = \frac{\text{scale}}{\text{fan}}

He and LeCun take the *fan in*: the number of features, for ``Dense``. Glorot
takes the mean of features and units. The scale is 1, but He's is 2, as ``relu``
sets about half of the numbers to zero.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.initializers import GlorotNormal, HeNormal, LecunNormal

# %%
# Build it
# --------
# The kernels of ``HeNormal``, ``LecunNormal`` and ``GlorotNormal``:

kernels = []
for initializer in (HeNormal, LecunNormal, GlorotNormal):
    layer = keras.layers.Dense(300, kernel_initializer=initializer(seed=7))
    layer.build((None, 100))  # (batch of any size, features)
    kernels.append(layer.get_weights()[0])  # (features, units)

# %%
# Compute it
# ----------
# With the same seed, ``TruncatedNormal`` draws the numbers that the others
# scale: normal numbers between -2 and 2 (the rest is drawn again). Their
# standard deviation is 0.8796... Divide by it, and the variance is 1. Multiply
# by the root of scale / fan, and the variance is scale / fan.

draw = keras.initializers.TruncatedNormal(stddev=1, seed=7)((100, 300))
draw = keras.ops.convert_to_numpy(draw)
normal = draw / 0.8796257
he_kernel = np.sqrt(2 / 100) * normal  # (features, units)
lecun_kernel = np.sqrt(1 / 100) * normal
glorot_kernel = np.sqrt(1 / np.mean([100, 300])) * normal

# %%
# Check it
# --------
by_hand = [he_kernel, lecun_kernel, glorot_kernel]
np.testing.assert_allclose(kernels, by_hand, rtol=1e-4, atol=1e-4)
variances = np.var(kernels, axis=(1, 2))
print("variances", variances, "close to 2 / 100, 1 / 100, 1 / 200")
np.testing.assert_allclose(variances, [2 / 100, 1 / 100, 1 / 200], rtol=0.05)

# %%
# See it
# ------
# Numbers go through twenty ``relu`` layers, on five seeds. Only He roughly
# keeps their size.

fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
for name, scale, style in [("He", 2, "C0o-"), ("Glorot, LeCun", 1, "C1s--")]:
    sizes = np.zeros((20, 5))  # (layers, seeds)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=(200, 256))  # (batch, features)
        for layer in range(20):
            w = rng.normal(0, np.sqrt(scale / 256), (256, 256))
            y = np.maximum(0, y @ w)
            sizes[layer, seed] = np.mean(y**2)
    lines = axis.semilogy(range(1, 21), sizes, style)
    lines[0].set_label(name)
    kept = (0.05 < sizes[-1]) & (sizes[-1] < 20)
    np.testing.assert_equal(kept, np.full(5, name == "He"))
axis.set(title="He keeps the size of a signal", xticks=[1, 5, 10, 15, 20])
axis.set(xlabel="layer", ylabel="mean square")
axis.legend()
plt.show()

# %%
# Break it
# --------
# Suppose all weights start equal. Ten steps move them, but hidden units stay
# alike. From zero, the hidden kernel gets no gradient, and does not even move.

x = np.random.default_rng(313).normal(size=(8, 3))
moved, spread = {}, {}
for start in ("he_normal", "ones", "zeros"):
    hidden = keras.layers.Dense(64, "relu", kernel_initializer=start)
    last = keras.layers.Dense(1, kernel_initializer=start)
    model = keras.Sequential([keras.Input((3,)), hidden, last])
    model.compile(keras.optimizers.SGD(0.001), loss="mse")
    before = hidden.get_weights()[0]
    for _ in range(10):
        model.train_on_batch(x, np.full((8, 1), 5))
    kernel = hidden.get_weights()[0]  # (features, units)
    moved[start] = np.max(np.abs(kernel - before))
    spread[start] = np.max(np.ptp(kernel, axis=1))  # between units
print("moved, right:", moved["he_normal"], "wrong:", moved["zeros"])
print("differ, right:", spread["he_normal"], "wrong:", spread["ones"])
assert moved["he_normal"] > 0 and spread["he_normal"] > 0.1
assert moved["ones"] > 1e-3 and spread["ones"] < 1e-5
assert moved["zeros"] == 0

# %%
# In full
# -------
# ``variance_scaling`` from keras_by_hand takes any fan, scale and distribution.

from keras_by_hand import variance_scaling

full = variance_scaling(draw.astype("float64"), scale=2)
np.testing.assert_allclose(kernels[0], full, rtol=1e-4, atol=1e-4)

# %%
# Try it
# ------
# 1. Write ``glorot(features, units, rng)``: a kernel of uniform numbers with
#    Glorot's variance. From -a to a, they have the variance a² / 3.
