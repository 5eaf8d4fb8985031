r"""
LoRA, saved: A and B are merged into the kernel
===============================================

A ``Dense`` layer with LoRA saves the kernel that it computes with, and neither
A nor B. A plain ``Dense`` layer can read the file. A layer with LoRA reads the
merged kernel as its frozen one, and sets A and B to zero.

.. math:: W \leftarrow W + \frac{\alpha}{r} A B
"""

import tempfile

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# One model with LoRA is saved, and three read it.

x = rng.integers(-3, 4, size=(8, 4))  # (batch, features)
target = rng.integers(-2, 3, size=(8, 4))  # (batch, units)
kernel = rng.integers(-5, 6, size=(4, 4))  # (features, units)
bias = np.array([2, -1, 3, -4])  # (units,)
a = rng.integers(-3, 4, size=(4, 2))  # (features, rank)
b = rng.integers(-3, 4, size=(2, 4))  # (rank, units)


def new_model(with_lora):
    dense = keras.layers.Dense(4)
    model = keras.Sequential([keras.Input(shape=(4,)), dense])
    if with_lora:
        dense.enable_lora(rank=2, lora_alpha=3)
        dense.set_weights([kernel, bias, a, b])
    return model


model, plain, again = new_model(True), new_model(False), new_model(True)
y = model.predict(x, verbose=0)
with tempfile.TemporaryDirectory() as folder:
    model.save_weights(f"{folder}/lora.weights.h5")
    model.save(f"{folder}/lora.keras")
    plain.load_weights(f"{folder}/lora.weights.h5")
    again.load_weights(f"{folder}/lora.weights.h5")
    loaded = keras.models.load_model(f"{folder}/lora.keras")
print(plain.get_weights()[0])

# %%
# Compute it
# ----------


def merge_lora(kernel, a, b, *, lora_alpha=None):
    """The kernel that a Dense layer with LoRA saves (Hu et al., 2021, 4.1).

    kernel: (features, units), a: (features, rank), b: (rank, units).
    """
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    return kernel + factor * a @ b


# %%
# Check it
# --------

merged = np.float32(merge_lora(kernel, a, b, lora_alpha=3))
zeros = [np.zeros((4, 2)), np.zeros((2, 4))]
np.testing.assert_equal(plain.get_weights(), [merged, bias])
np.testing.assert_equal(again.get_weights(), [merged, bias, *zeros])
np.testing.assert_equal(loaded.get_weights(), [merged, bias, *zeros])
np.testing.assert_equal(model.get_weights(), [kernel, bias, a, b])
np.testing.assert_array_equal(y, x @ merged + bias)
np.testing.assert_array_equal(plain.predict(x, verbose=0), y)

# %%
# .. warning:: **Seen in Keras 3.15.1:** ``load_model`` loses alpha, which
#    becomes the rank. No answer shows it at first, because A B is zero.

np.testing.assert_equal(again.layers[0].lora_alpha, 3)
np.testing.assert_equal(loaded.layers[0].lora_alpha, 2)

store = {}  # what Keras writes into a file
loaded.layers[0].set_weights([kernel, bias, a, b])
loaded.layers[0].save_own_variables(store)
found = keras.ops.convert_to_numpy(store["0"])
np.testing.assert_array_equal(found, merge_lora(kernel, a, b))

# %%
# Break it
# --------
# Would you train on right after loading?
#
# .. warning:: **Seen in Keras 3.15.1:** After loading, A and B are both zero,
#    so training never changes them. Give A new numbers first: they change no
#    answer, and B learns again.

for new_a in (zeros[0], a):
    again.compile(keras.optimizers.SGD(0.25), loss="mse")
    again.set_weights([merged, bias, new_a, zeros[1]])
    again.train_on_batch(x, target)
    new_b = again.get_weights()[3]
    assert np.any(new_b != 0) == np.any(new_a != 0)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")
for axis, title, matrix in zip(axes, ["W", "in the file"], [kernel, merged]):
    image = axis.imshow(matrix, cmap="PuOr", vmin=-20, vmax=20)
    axis.set(title=title, xticks=[], yticks=[])
fig.colorbar(image, ax=axes, label="entry")
fig.suptitle("The file holds one kernel: A and B are in it")
plt.show()
