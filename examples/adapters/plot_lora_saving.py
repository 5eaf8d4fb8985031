r"""
Merge LoRA: what save and load_model make of A and B
====================================================

After fine-tuning with LoRA you want an ordinary layer again. Add the product of
A and B to the kernel. Keras does so when it saves a layer with LoRA: the file
has the merged kernel, and neither A nor B.

.. math:: W \leftarrow W + \frac{\alpha}{r} A B

:math:`W` is the kernel, :math:`r` the rank (the number of columns of A), and
:math:`\alpha` is ``lora_alpha``. The file cannot be unmerged. To keep A and B,
save ``dense.get_weights()`` by ``np.savez``; ``set_weights`` takes them back.
"""

import tempfile

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A model without LoRA loads the weights. ``load_model`` makes one with LoRA.

rng = np.random.default_rng(313)
x = rng.integers(-3, 4, size=(8, 4))  # (batch, features)
target = rng.integers(-2, 3, size=(8, 4))  # (batch, units)
kernel = rng.integers(-5, 6, size=(4, 4))  # (features, units)
bias = np.array([2, -1, 3, -4])  # (units,)
a = rng.integers(-3, 4, size=(4, 2))  # (features, rank)
b = rng.integers(-3, 4, size=(2, 4))  # (rank, units)

plain = keras.Sequential([keras.Input(shape=(4,)), keras.layers.Dense(4)])
dense = keras.layers.Dense(4)
model = keras.Sequential([keras.Input(shape=(4,)), dense])
dense.enable_lora(rank=2, lora_alpha=3)
dense.set_weights([kernel, bias, a, b])
with tempfile.TemporaryDirectory() as folder:
    model.save_weights(f"{folder}/lora.weights.h5")
    model.save(f"{folder}/lora.keras")
    plain.load_weights(f"{folder}/lora.weights.h5")
    loaded = keras.models.load_model(f"{folder}/lora.keras")

# %%
# Compute it
# ----------
# Add the product to the kernel. ``merge_lora`` does so for convolutions, too.

by_hand = kernel + 3 / 2 * a @ b  # (features, units)

from keras_by_hand.adapters import merge_lora

# %%
# Check it
# --------
# The loaded model has the merged kernel, frozen, and zeros in A and B.

zero_a, zero_b = np.zeros((4, 2)), np.zeros((2, 4))
np.testing.assert_equal(plain.get_weights(), [by_hand, bias])
np.testing.assert_equal(loaded.get_weights(), [by_hand, bias, zero_a, zero_b])
merged = np.float32(merge_lora(kernel, a, b, lora_alpha=3))
np.testing.assert_array_equal(plain.get_weights()[0], merged, strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``load_model`` loses the alpha of a ``Dense`` layer, which becomes the
#    rank. Set it again, here with ``loaded.layers[0].lora_alpha = 3``.

np.testing.assert_equal(loaded.layers[0].lora_alpha, 2)

# %%
# Break it
# --------
# Suppose you go on training the loaded model. A is a factor of B's gradient,
# and B of A's: as both are zero, only the bias learns.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In a loaded ``Dense``
#    layer, A and B are both zero, so training never changes them. Give A new
#    numbers, with ``lora_kernel_a.assign``: they change no output, and B learns
#    again.


def train(new_a):
    loaded.set_weights([merged, bias, new_a, zero_b])
    loaded.compile(keras.optimizers.SGD(0.01), loss="mse")
    losses = [loaded.train_on_batch(x, target) for _ in range(20)]
    return losses, loaded.get_weights()[3]  # B after 20 steps


losses_right, right = train(a / 8)
losses_wrong, wrong = train(zero_a)
print("B, right:", right[0].round(2), "wrong:", wrong[0])
assert np.all(right != 0) and np.all(wrong == 0)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(losses_wrong, label="A is zero, as loaded")
axis.plot(losses_right, "--", label="A has new numbers")
axis.set(title="Training after loading", xlabel="step", ylabel="loss")
axis.legend()
plt.show()
