r"""
Port a training loop to PyTorch: seven differences
==================================================

The ported model predicts the same. Trained with the same hyperparameters, the
two drift apart. Five differences are on the pages "Adam's epsilon", "AdamW",
"Sample weights", "BatchNorm2d, PyTorch to Keras" and "Gradient clipping"
(``clip_grad_norm_``). Two are here: momentum and ``ReduceLROnPlateau``.

PyTorch's momentum :math:`b` adds up gradients :math:`g`; that of Keras,
:math:`v`, adds up steps:

.. math::

   \text{PyTorch:} \; & b \leftarrow \mu b + g, \; w \leftarrow w - \eta b \\
   \text{Keras:} \; & v \leftarrow \mu v - \eta g, \; w \leftarrow w + v

:math:`w` is a weight, :math:`\mu` the momentum. The two are equal until the
learning rate :math:`\eta` changes.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Ten steps of ``SGD``, whose rate falls after five. Then a callback sees four
# epochs, of which the last two are no better.

rng = np.random.default_rng(313)
gradients, rates = rng.normal(size=10), [0.1] * 5 + [0.01] * 5
weight, path, sgd = keras.Variable(0.0), [], keras.optimizers.SGD(momentum=0.9)
for sgd.learning_rate, gradient in zip(rates, gradients):  # sets the rate
    sgd.apply([keras.ops.convert_to_tensor(gradient, "float32")], [weight])
    path.append(keras.ops.convert_to_numpy(weight))
model = keras.Sequential()
model.compile(keras.optimizers.SGD(1.0))  # the rate is 1
plateau = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=2)
plateau.set_model(model)
plateau.on_train_begin()
val_losses = [3, 2, 2, 2]
for epoch, val_loss in enumerate(val_losses):
    plateau.on_epoch_end(epoch, {"val_loss": val_loss})
rate = float(model.optimizer.learning_rate)

# %%
# Compute it
# ----------
# These are PyTorch's formulas, with :math:`b` as ``buffer``. When the rate
# changes, multiply the ``"momentum_buffer"`` of each weight, which is in
# ``optimizer.state``, by the old rate over the new one. And lower the patience
# by 1: PyTorch's ``ReduceLROnPlateau`` waits until *more* than ``patience``
# epochs were no better. Pass it ``threshold_mode="abs"``, too: Keras'
# ``min_delta`` is a difference, PyTorch's ``threshold`` by default a share.


def torch_sgd(scale):
    w, buffer, steps = 0, 0, []
    for t in range(10):
        buffer = 0.9 * buffer * (scale if t == 5 else 1) + gradients[t]
        w = w - rates[t] * buffer
        steps.append(w)
    return steps


def torch_plateau(patience):
    rate, best, bad = 1.0, np.inf, 0
    for loss in val_losses:
        best, bad = (loss, 0) if loss < best else (best, bad + 1)
        if bad > patience:
            rate, bad = rate * 0.5, 0
    return rate


# %%
# Check it
# --------
# The ported steps and the ported patience give the numbers of Keras.

np.testing.assert_allclose(path, torch_sgd(scale=10), rtol=1e-4, atol=1e-4)
np.testing.assert_equal(rate, torch_plateau(patience=1))

# %%
# Break it
# --------
# With the same settings, both are wrong.
wrong = torch_sgd(scale=1)
print(f"last weight: right {path[-1]:.3f}, wrong {wrong[-1]:.3f}")
print(f"learning rate: right {rate}, wrong {torch_plateau(patience=2)}")
assert not np.isclose(path[-1], wrong[-1], rtol=0.01)
assert rate != torch_plateau(patience=2)

# %%
# See it
# ------
# Keras' momentum still holds the long steps; PyTorch's are shorter at once.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(range(1, 11), path, "o-", label="Keras")
axis.plot(range(1, 11), wrong, "s--", label="PyTorch")
axis.set(xlabel="step", ylabel="weight", title="The rate falls after step 5")
axis.legend()
plt.show()
