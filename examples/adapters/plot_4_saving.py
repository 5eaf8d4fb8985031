r"""
Saving LoRA merges it into the kernel
=====================================

A layer with LoRA writes the kernel that it computes with, and neither A nor B.
Any plain ``Dense`` layer can read that. A layer with LoRA that reads it gets
the merged kernel as its frozen one, and zeros for A and B:

.. math::

   W \leftarrow W + \frac{\alpha}{r} A B, \qquad A \leftarrow 0, \quad
   B \leftarrow 0

With both at zero, no gradient reaches either of them. Before it is trained
again, A needs new numbers.
"""

import tempfile

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Integers, for which float32 rounds nothing. As many features as units: nothing
# but numbers tells A B from its transpose.

features = units = 4
rank, alpha = 2, 3
x = np.random.randint(-1, 2, size=(8, features))  # (batch, features)
target = np.random.randint(-2, 3, size=(8, units))
kernel = np.random.randint(-5, 6, size=(features, units))
bias = np.array([2, -1, 3, -4])  # (units,)
a = np.random.randint(-3, 4, size=(features, rank))
b = np.random.randint(-3, 4, size=(rank, units))


def new_model(with_lora):
    """A model of one layer, and the layer."""
    dense = keras.layers.Dense(units)
    model = keras.Sequential([keras.Input(shape=(features,)), dense])
    if with_lora:
        dense.enable_lora(rank, lora_alpha=alpha)
    return model, dense


model, dense = new_model(with_lora=True)
shapes = [(units, units), (units,), (units, rank), (rank, units)]
np.testing.assert_equal([tuple(w.shape) for w in dense.weights], shapes)
dense.set_weights([kernel, bias, a, b])
y = model.predict(x, verbose=0)  # (batch, units)

# %%
# Every way of saving asks the layer, which numbers its arrays and puts them
# into a store; a ``dict`` will do. Two files are written and read as well.

store = {}
dense.save_own_variables(store)
stored = {key: keras.ops.convert_to_numpy(store[key]) for key in store}
np.testing.assert_equal(list(stored), ["0", "1"])

plain, plain_dense = new_model(with_lora=False)
again, again_dense = new_model(with_lora=True)
again_dense.set_weights([kernel, bias, b.T, a.T])  # whatever it held before
with tempfile.TemporaryDirectory() as folder:
    model.save_weights(f"{folder}/lora.weights.h5")
    model.save(f"{folder}/lora.keras")
    plain.load_weights(f"{folder}/lora.weights.h5")
    again.load_weights(f"{folder}/lora.weights.h5")
    loaded = keras.models.load_model(f"{folder}/lora.keras")
(loaded_dense,) = loaded.layers

# %%
# Compute it
# ----------


def merge(kernel, a, b, alpha):
    """The kernel, (features, units), that needs no LoRA any more."""
    return kernel + alpha / a.shape[1] * a @ b


merged = merge(kernel, a, b, alpha)

# %%
# Check it
# --------
# The kernel and the bias are stored, and nothing else. The layer that stored
# them is left as it was.

for array, wanted in zip(stored.values(), [merged, bias]):
    np.testing.assert_equal(array.dtype, np.float32)
    np.testing.assert_array_equal(array, wanted)
np.testing.assert_equal(dense.get_weights(), [kernel, bias, a, b])

# %%
# All three models that read a file have the merged kernel, and the answers of
# the model that wrote it.

zeros = [np.zeros((features, rank)), np.zeros((rank, units))]
readers = {
    "plain, weights": (plain, plain_dense, []),
    "LoRA, weights": (again, again_dense, zeros),
    "whole model": (loaded, loaded_dense, zeros),
}
for name, (reader, layer, rest) in readers.items():
    np.testing.assert_equal(layer.lora_enabled, bool(rest), err_msg=name)
    np.testing.assert_equal(layer.get_weights(), [merged, bias, *rest], name)
    answer = reader.predict(x, verbose=0)
    np.testing.assert_equal((answer.shape, answer.dtype), (y.shape, y.dtype))
    np.testing.assert_array_equal(answer, y, err_msg=name)
np.testing.assert_equal((y.shape, y.dtype), ((8, units), np.float32))
np.testing.assert_array_equal(y, x @ merged + bias)

# %%
# The whole model is made anew from its config, and so its alpha is lost: it is
# the rank now, as on the page about alpha. No answer shows it: A B is zero.

alphas = [layer.lora_alpha for _, layer, _ in readers.values()]
print("alpha after reading:", alphas)
np.testing.assert_equal(alphas, [None, 3, 2])

# %%
# Train on
# --------
# The gradient of A is a product with B, and that of B one with A. After reading
# both are zero, and so both gradients are: only the bias learns. With new
# numbers for A, which leave the answer alone, B moves again.


def moves(model):
    """How far one step of training moves kernel, bias, A and B."""
    model.compile(keras.optimizers.SGD(0.25), loss="mse")
    before = model.get_weights()
    model.train_on_batch(x, target)
    return [old - new for old, new in zip(before, model.get_weights())]


stuck = moves(again)
new_a = np.random.choice([-1, 1], size=(features, rank))
again_dense.set_weights([merged, bias, new_a, zeros[1]])
free = moves(again)
print("B moves by:", *stuck[3].ravel(), "and with a new A by:")
print(free[3])

gradient = 2 * (y - target) / y.size  # (batch, units)
bias_move = 0.25 * gradient.sum(axis=0)
b_move = 0.25 * alpha / rank * new_a.T @ x.T @ gradient
np.testing.assert_equal(stuck, [0 * kernel, bias_move, *zeros])
np.testing.assert_equal(free, [0 * kernel, bias_move, zeros[0], b_move])

# %%
# Break it
# --------
# Files with the bare kernel, or with LoRA at another strength.

mistakes = {
    "not merged": kernel,
    "without alpha": kernel + a @ b,
    "alpha, not alpha / rank": kernel + alpha * a @ b,
    "transposed": kernel + alpha / rank * (a @ b).T,
}
for name, wrong in mistakes.items():
    differ = np.count_nonzero(stored["0"] != wrong)
    print(f"{name}: {differ} of {wrong.size} entries differ")
    np.testing.assert_equal(differ > wrong.size / 2, True, err_msg=name)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")
fig.suptitle("The file holds one kernel; A and B are in it")
panels = {"W": dense.get_weights()[0], "in the file": stored["0"]}
scale = 1.2 * np.max(np.abs(merged))
for axis, (name, values) in zip(axes, panels.items()):
    axis.imshow(values, cmap="PuOr", vmin=-scale, vmax=scale)
    axis.set(title=name, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        shade = "white" if abs(value) > 0.6 * scale else "black"
        axis.text(column, row, f"{value:g}", color=shade, ha="center")
plt.show()
