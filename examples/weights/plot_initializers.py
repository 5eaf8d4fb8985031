r"""
Initializers: Glorot, He and LeCun fit the weights to the layer
===============================================================

Why are first weights random? With equal ones, all units of a layer compute the
same, get the same gradient, and stay equal for ever. And how large must they
be? A sum over more inputs is larger, so each weight has to be smaller:

.. math:: \operatorname{var}(W) = \frac{\text{scale}}{\text{fan}}

The fan of a ``Dense`` layer is the number of its features (*fan in*), or the
mean of features and units, which Glorot takes. He and LeCun take the fan in.
He has scale 2, as ``relu`` sets about half of the numbers to zero.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import initializers

# %%
# Build it
# --------
dense = keras.layers.Dense(300, kernel_initializer=initializers.HeNormal(7))
dense.build((None, 100))
kernel = dense.get_weights()[0]  # (features, units)
print(f"variance {kernel.var():.4f}, close to 2 / 100")

# %%
# Compute it
# ----------
# With the same seed, ``TruncatedNormal`` draws the numbers that ``HeNormal``
# scales: normal numbers between -2 and 2 (others are drawn again). They have
# the deviation 0.8796... Divide by it, and the variance is 1. Multiply by the
# root of 2 / fan, and the variance is 2 / fan.

draw = initializers.TruncatedNormal(0, 1, seed=7)((100, 300))
draw = keras.ops.convert_to_numpy(draw)
features, units = draw.shape  # the fan in, and the fan out
he_kernel = np.sqrt(2 / features) * draw / 0.8796257  # (features, units)

# %%
# Check it
# --------

np.testing.assert_allclose(kernel, he_kernel, rtol=1e-4, atol=1e-4)

# %%
# See it
# ------
# Numbers go through twenty ``relu`` layers, on five seeds. Only He roughly
# keeps their size.

fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
for name, scale, style in [("He", 2, "C0o-"), ("Glorot, LeCun", 1, "C1s--")]:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        y, sizes = rng.normal(size=(200, 256)), []  # y: (batch, features)
        for _ in range(20):
            w = rng.normal(0, np.sqrt(scale / 256), (256, 256))
            y = np.maximum(0, y @ w)
            sizes.append(np.mean(y**2))
        axis.semilogy(range(1, 21), sizes, style, label=name)
        np.testing.assert_equal(0.05 < sizes[-1] < 20, name == "He")
axis.set(title="He keeps the size of a signal", xlabel="layer")
axis.set(ylabel="mean square")
axis.legend(*[part[::5] for part in axis.get_legend_handles_labels()])
plt.show()

# %%
# Break it
# --------
# Suppose all weights start at zero. ``relu`` then returns zeros, and no
# gradient reaches a kernel: ten steps move the last bias alone.

x, target = np.ones((8, 3)), np.full((8, 1), 5)
moved = {}
for start in ("he_normal", "zeros"):
    hidden = keras.layers.Dense(64, "relu", kernel_initializer=start)
    last = keras.layers.Dense(1, kernel_initializer=start)
    model = keras.Sequential([keras.Input((3,)), hidden, last])
    model.compile(keras.optimizers.SGD(0.01), loss="mse")
    before = hidden.get_weights()[0]
    for _ in range(10):
        model.train_on_batch(x, target)
    moved[start] = np.max(np.abs(hidden.get_weights()[0] - before))
print("right:", moved["he_normal"], "wrong:", moved["zeros"])
assert moved["he_normal"] > 0 and moved["zeros"] == 0

# %%
# In full
# -------
# ``variance_scaling`` from keras_by_hand takes any fan, scale and distribution.
# It takes kernels as (features, units): pass ``mode="fan_out"`` for those of
# PyTorch. An ``Embedding`` does not ask for its size: by default it draws
# uniform numbers between -0.05 and 0.05.

from keras_by_hand import variance_scaling

full = variance_scaling(draw.astype("float64"), scale=2)
np.testing.assert_allclose(kernel, full, rtol=1e-4, atol=1e-4)
embedding = keras.layers.Embedding(1000, 64)
embedding.build()
(table,) = embedding.get_weights()
np.testing.assert_allclose([table.min(), table.max()], [-0.05, 0.05], rtol=0.01)

# %%
# Try it
# ------
# 1. Write ``glorot(features, units, rng)``: a kernel of uniform numbers with
#    Glorot's variance. From -a to a, they have the variance a² / 3.
