r"""
LoRA and kernel_regularizer: A and B are penalized
==================================================

With LoRA, the ``kernel_regularizer`` of a ``Dense`` layer no longer penalizes
the kernel. It penalizes A and B, each by itself, and not their product. For L2
with the factor :math:`\lambda`:

.. math:: \lambda \sum W^2 \quad \rightarrow \quad
   \lambda \sum A^2 + \lambda \sum B^2

"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``losses`` has the penalties of a layer.

kernel = rng.integers(-9, 10, size=(6, 4))  # (features, units)
bias = np.array([1, -1, 2, 0])  # (units,)
a = rng.integers(-3, 4, size=(6, 2))  # (features, rank)
b = rng.integers(-3, 4, size=(2, 4))  # (rank, units)

dense = keras.layers.Dense(4, kernel_regularizer=keras.regularizers.L2(0.5))
dense.build((None, 6))
dense.set_weights([kernel, bias])
before = [float(penalty) for penalty in dense.losses]
dense.enable_lora(rank=2, lora_alpha=3)
dense.set_weights([kernel, bias, a, b])
after = [float(penalty) for penalty in dense.losses]
print("before:", before, "after enable_lora:", after)

# %%
# Compute it
# ----------
# The kernel has no part in it, and neither has the product ``a @ b``.

by_hand = 0.5 * np.sum(a**2) + 0.5 * np.sum(b**2)

# %%
# The whole function takes any factor.

from keras_by_hand.adapters import lora_penalty

# %%
# Check it
# --------
# Halves of whole numbers are equal to the bit.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** With LoRA, the
#    ``kernel_regularizer`` of ``Dense`` penalizes A and B, each by itself, and
#    no longer the kernel.

np.testing.assert_array_equal(sum(after), by_hand)

np.testing.assert_array_equal(before, [0.5 * np.sum(kernel**2)])
np.testing.assert_array_equal(after, [0.5 * np.sum(a**2), 0.5 * np.sum(b**2)])
np.testing.assert_array_equal(sum(after), lora_penalty(a, b, 0.5))

# %%
# Break it
# --------
# Is it the change of the kernel that is penalized, or the changed kernel?
# Neither. Alpha has no part in it.

change = 3 / 2 * a @ b
assert sum(after) != 0.5 * np.sum(change**2)
assert sum(after) != 0.5 * np.sum((kernel + change) ** 2)

# %%
# See it
# ------
# The same product can have different penalties: A twice as large and B half as
# large change nothing that the layer computes.

scales = np.geomspace(1 / 4, 4, 50)
penalties = [lora_penalty(scale * a, b / scale, 0.5) for scale in scales]
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.semilogx(scales, penalties, base=2)
axis.set(title="One product A B, many penalties", ylim=(0, None))
axis.set(xlabel="A is multiplied, and B divided, by", ylabel="penalty")
plt.show()
