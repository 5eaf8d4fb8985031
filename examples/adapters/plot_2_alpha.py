r"""
Alpha divided by the rank scales LoRA
=====================================

What LoRA adds to the kernel is multiplied by ``lora_alpha / lora_rank``. Alpha
is the rank by default, so that the factor is one. But an alpha given to the
constructor is lost when the layer is built: give it to ``enable_lora``.

.. math:: y = x \left(W + \frac{\alpha}{r} A B\right) + b
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Layers for which LoRA is enabled afterwards, by (rank, alpha), and layers that
# enable it themselves when they are built, since the constructor was told a
# rank. As many features as units: nothing but numbers tells A B from its
# transpose.

features = units = 4
x = np.random.randint(-5, 6, size=(3, features))  # (batch, features)
kernel = np.random.randint(-5, 6, size=(features, units))
bias = np.array([2, -1, 3, -4])  # (units,)

enabled = {(1, 3): 3, (2, None): 2, (2, 3): 3, (4, 3): 3, (2, 0): 0}
told = {
    "rank": keras.layers.Dense(units, lora_rank=2),
    "rank and alpha": keras.layers.Dense(units, lora_rank=2, lora_alpha=3),
    "alpha": keras.layers.Dense(units, lora_alpha=3),
}
alphas_told = [layer.lora_alpha for layer in told.values()]
inputs = keras.Input(shape=(features,))
layers = [keras.layers.Dense(units) for _ in enabled] + list(told.values())
outputs = [layer(inputs) for layer in layers]  # builds the layers
for layer, (rank, alpha) in zip(layers, enabled):
    layer.enable_lora(rank, lora_alpha=alpha)

# %%
# What each layer holds now. The constructor with alpha alone enables nothing.

states = [
    (layer.lora_enabled, layer.lora_rank, layer.lora_alpha) for layer in layers
]
for state in states:
    print("enabled: {}, rank: {}, alpha: {}".format(*state))
expected_states = [(True, rank, enabled[rank, a]) for rank, a in enabled]
expected_states += [(True, 2, 2), (True, 2, 2), (False, None, 3)]
np.testing.assert_equal(states, expected_states)

# %%
# Integers for all matrices A and B. The factors have a power of two below the
# line: float32 rounds nothing.

ranks = [layer.lora_rank or 0 for layer in layers]
pairs = [np.random.randint(-3, 4, size=(2, features, rank)) for rank in ranks]
matrices = [(a, b.T) for a, b in pairs]  # (features, rank), (rank, units)
for layer, (a, b) in zip(layers, matrices):
    shapes = [tuple(weight.shape) for weight in layer.weights[2:]]
    np.testing.assert_equal(shapes, [a.shape, b.shape] if a.size else [])
    layer.set_weights([kernel, bias, a, b][: len(layer.weights)])

model = keras.Model(inputs, outputs)
ys = model.predict(x, verbose=0)  # of each layer, (batch, units)

# %%
# Compute it
# ----------


def lora(x, kernel, bias, a, b, alpha=None):
    """y, (batch, units), with a of shape (features, r) and b (r, units)."""
    rank = a.shape[1]
    scale = 1 if alpha is None else alpha / rank
    return x @ (kernel + scale * a @ b) + bias


alphas = [3, None, 3, 3, 0, None, None]
expected = [
    lora(x, kernel, bias, *pair, alpha) for pair, alpha in zip(matrices, alphas)
]
expected.append(x @ kernel + bias)

# %%
# Check it
# --------

for state, y, wanted in zip(states, ys, expected, strict=True):
    np.testing.assert_equal((y.shape, y.dtype), ((3, units), np.float32))
    np.testing.assert_array_equal(y, wanted, err_msg=str(state))

# %%
# The lost alpha
# --------------
# ``lora_alpha=3`` reached the constructor, and is gone. For when the layer was
# built, it called ``enable_lora(2)``, without alpha, which sets it to the rank.
# A config has the same fate: it says 3, and the layer made from it computes
# with 2.

print("alpha before:", alphas_told, "after:", [a for _, _, a in states[5:]])
np.testing.assert_equal(alphas_told, [2, 3, 3])

config = layers[2].get_config()
copy = keras.layers.Dense.from_config(config)
says = config.get("lora_rank"), config.get("lora_alpha")
np.testing.assert_equal(says, (2, 3))
np.testing.assert_equal((copy.lora_rank, copy.lora_alpha), (2, 3))
copy.build((None, features))
np.testing.assert_equal((copy.lora_rank, copy.lora_alpha), (2, 2))

# %%
# There are two ways round. Give the constructor neither, and alpha to
# ``enable_lora``, as above. Or, for a layer that is built already, such as this
# copy, set the attribute; before the model is compiled, as it is a number and
# no weight.


def answer(layer, pair):
    """What a layer computes once it has these matrices, in float32."""
    layer.set_weights([kernel, bias, *pair])
    return keras.ops.convert_to_numpy(layer(x.astype("float32")))


lost = answer(copy, matrices[2])
copy.lora_alpha = 3
mended = answer(copy, matrices[2])
np.testing.assert_array_equal(lost, lora(x, kernel, bias, *matrices[2]))
np.testing.assert_array_equal(mended, expected[2])

# %%
# Break it
# --------
# Four factors that are not Keras': without the rank, upside down, with the root
# of the rank as other libraries can, and none. A rank of one would hide the
# first and the third.

a, b = matrices[3]
for scale in [3, 4 / 3, 3 / 2, 1]:
    wrong = x @ (kernel + scale * a @ b) + bias
    differ = np.count_nonzero(ys[3] != wrong)
    print(f"{scale:.2f} for 3 / 4: {differ} of {wrong.size} entries differ")
    np.testing.assert_equal(differ > wrong.size / 2, True)
transposed = x @ (kernel + 3 / 4 * (a @ b).T) + bias
np.testing.assert_equal(np.array_equal(ys[3], transposed), False)

# %%
# See it
# ------
# What LoRA adds at each alpha, as a share of ``x A B``. Dots are entries of the
# layers above: their largest, divided by that of ``x A B``.

fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
for index, color in zip([0, 2, 3], ["C0", "C1", "C2"]):
    rank, added = ranks[index], x @ np.matmul(*matrices[index])
    axis.plot([0, 4], [0, 4 / rank], color=color, label=f"rank {rank}")
    entry = np.unravel_index(np.argmax(np.abs(added)), added.shape)
    share = (ys[index] - ys[-1])[entry] / added[entry]
    axis.plot(3, share, "o", color=color)
axis.set(title="At the same alpha, a higher rank is scaled down")
axis.set(xlabel="alpha", ylabel="factor of x A B", xticks=range(5))
axis.legend()
plt.show()
