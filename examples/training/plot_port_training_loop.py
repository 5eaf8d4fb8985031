r"""
Port a training loop to PyTorch: seven differences
==================================================

The model is ported, and predicts the same. Then both are trained with the same
settings, and part: what has the same name in Keras and PyTorch may compute
something else. For example, PyTorch's momentum :math:`b` is made of gradients
:math:`g`, that of Keras, :math:`v`, of steps:

.. math::

   \text{PyTorch:} \quad
   & b \leftarrow \mu b + g, \quad w \leftarrow w - \eta \, b \\
   \text{Keras:} \quad
   & v \leftarrow \mu v - \eta \, g, \quad w \leftarrow w + v

They are equal until the learning rate :math:`\eta` changes. This page measures
all seven, and says what to write in PyTorch to get the numbers of Keras.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# What Keras does: ten steps of optimizers whose gradients are given, one step
# with clipping, and one number each of a layer, a loss and a callback.

rng = np.random.default_rng(313)
start, gradients = np.array([1.0, -2.0]), rng.normal(size=(10, 2))
constant, halved = [0.1] * 10, [0.1] * 5 + [0.05] * 5  # learning rates
pair = np.array([[1.2, 1.6], [3.0, 4.0]])  # gradients of a bias and a kernel
x = rng.normal(size=(4, 2))  # (batch, features)
logits, labels = rng.normal(size=(6, 3)), np.array([0, 1, 2, 0, 0, 1])
weights = np.array([1.0, 2.0, 5.0])[labels]  # class_weight of each sample
val_losses = [3, 2, 2, 2]


def keras_steps(optimizer, rates, l2=0.0):
    w = keras.Variable(start, dtype="float32")
    tensors = keras.ops.convert_to_tensor(gradients, "float32")
    for rate, gradient in zip(rates, tensors):
        optimizer.learning_rate = rate
        optimizer.apply([gradient + l2 * w], [w])
    return keras.ops.convert_to_numpy(w)


Adam, SGD = keras.optimizers.Adam, keras.optimizers.SGD
bias, kernel = keras.Variable(np.zeros(2)), keras.Variable(np.zeros(2))
tensors = keras.ops.convert_to_tensor(pair, "float32")
SGD(1.0, clipnorm=1.0).apply([*tensors], [bias, kernel])
normalization = keras.layers.BatchNormalization(momentum=0.9)
normalization(x, training=True)
entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
model.compile(SGD(1.0))
plateau = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=2)
plateau.set_model(model)
plateau.on_train_begin()
for epoch, val_loss in enumerate(val_losses):
    plateau.on_epoch_end(epoch, {"val_loss": val_loss})
by_keras = {
    "Adam's epsilon": keras_steps(Adam(epsilon=0.01), constant),
    "Adam's weight_decay": keras_steps(Adam(weight_decay=0.5), constant),
    "SGD's momentum": keras_steps(SGD(momentum=0.9), halved),
    "clipnorm": -keras.ops.convert_to_numpy(bias),
    "BatchNormalization": normalization.get_weights()[3],
    "class_weight": float(entropy(labels, logits, weights)),
    "ReduceLROnPlateau": float(model.optimizer.learning_rate),
}

# %%
# Compute it
# ----------
# PyTorch's formulas. Adam corrects the moments, then adds epsilon. Its weight
# decay joins the gradient; that of ``AdamW`` does not. ``clip_grad_norm_``
# takes all arrays as one. ``ReduceLROnPlateau`` waits until *more* than
# ``patience`` epochs were no better.


def torch_adam(epsilons=(1e-7,) * 10, l2=0.0, decoupled=0.0):
    w, m, v = start, 0, 0
    for t, (gradient, epsilon) in enumerate(zip(gradients, epsilons), 1):
        gradient = gradient + l2 * w  # weight_decay of Adam
        w = w - 0.1 * decoupled * w  # weight_decay of AdamW
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        root = np.sqrt(v / (1 - 0.999**t))
        w = w - 0.1 * m / (1 - 0.9**t) / (root + epsilon)
    return w


def torch_sgd(rates, old_rates):
    w, buffer = start, 0
    for gradient, rate, old_rate in zip(gradients, rates, old_rates):
        buffer = 0.9 * (buffer * old_rate / rate) + gradient
        w = w - rate * buffer
    return w


def clip_grad_norm(arrays):
    return arrays * min(1, 1.0 / np.linalg.norm(arrays))


def torch_plateau(patience):
    rate, best, bad = 1.0, np.inf, 0
    for loss in val_losses:
        best, bad = (loss, 0) if loss < best else (best, bad + 1)
        if bad > patience:
            rate, bad = rate * 0.5, 0
    return rate


log_sums = np.log(np.exp(logits).sum(axis=1))
losses = weights * (log_sums - logits[np.arange(6), labels])

# %%
# Check it
# --------
# What to write in PyTorch to agree with Keras: for each step an epsilon of its
# own; ``AdamW``; where the rate changes, a buffer that is multiplied by the old
# rate over the new one; ``clip_grad_norm_`` for each array by itself; what a
# batch adds to the running variance times (n - 1) / n; ``reduction="sum"``,
# divided by the number of samples; a patience that is 1 less.

epsilons = 0.01 / np.sqrt(1 - 0.999 ** np.arange(1, 11))
ported = {
    "Adam's epsilon": torch_adam(epsilons),
    "Adam's weight_decay": torch_adam(decoupled=0.5),
    "SGD's momentum": torch_sgd(halved, [0.1, *halved[:-1]]),
    "clipnorm": clip_grad_norm(pair[0]),
    "BatchNormalization": 0.9 * 1 + 0.1 * np.var(x, axis=0),
    "class_weight": np.sum(losses) / len(losses),
    "ReduceLROnPlateau": torch_plateau(patience=1),
}
for name, expected in ported.items():
    np.testing.assert_allclose(by_keras[name], expected, rtol=1e-4, atol=1e-4)

# %%
# In Keras, the decay of PyTorch's ``Adam`` is the penalty ``L2(decay / 2)``.

y = keras_steps(Adam(), constant, l2=0.5)
np.testing.assert_allclose(y, torch_adam(l2=0.5), rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# How far apart are they with the same settings? The table has one number of
# each. In PyTorch, ``BatchNorm1d`` stores a variance over n - 1 (its momentum
# of 0.1 is 0.9 in Keras), and a loss is divided by the sum of class weights.
# The page "AdamW", the page "SGD" and the page "Gradient clipping" say more.

same_settings = {
    "Adam's epsilon": torch_adam([0.01] * 10),
    "Adam's weight_decay": torch_adam(l2=0.5),
    "SGD's momentum": torch_sgd(halved, halved),
    "clipnorm": clip_grad_norm(pair)[0],
    "BatchNormalization": 0.9 * 1 + 0.1 * np.var(x, axis=0, ddof=1),
    "class_weight": np.sum(losses) / np.sum(weights),
    "ReduceLROnPlateau": torch_plateau(patience=2),
}
apart = {}
print(f"{'':20}{'Keras':>9}{'PyTorch':>9}{'apart':>8}")
for name, wrong in same_settings.items():
    right, wrong = np.ravel(by_keras[name])[0], np.ravel(wrong)[0]
    apart[name] = 100 * abs(wrong / right - 1)
    print(f"{name:20}{right:9.4f}{wrong:9.4f}{apart[name]:7.1f}%")
    assert not np.isclose(right, wrong, rtol=0.01)

# %%
# On its own backend, PyTorch itself is asked: the formulas are right.

if keras.backend.backend() == "torch":
    import torch

    def steps(kind, rates, **arguments):
        w = torch.tensor(start)
        optimizer = kind([w], **arguments)
        for rate, gradient in zip(rates, torch.tensor(gradients)):
            optimizer.param_groups[0]["lr"], w.grad = rate, gradient
            optimizer.step()
        return w

    Adam, SGD = torch.optim.Adam, torch.optim.SGD
    w = torch.zeros(2, 2).double()
    w.grad = torch.tensor(pair)
    torch.nn.utils.clip_grad_norm_(w, 1.0)
    layer = torch.nn.BatchNorm1d(2, dtype=torch.float64)
    layer(torch.tensor(x))
    entropy = torch.nn.CrossEntropyLoss(torch.tensor([1.0, 2.0, 5.0]).double())
    sgd = SGD([w], 1.0)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(sgd, "min", 0.5, 2)
    for val_loss in val_losses:
        plateau.step(val_loss)
    asked = [steps(Adam, constant, eps=0.01)]
    asked.append(steps(Adam, constant, eps=1e-7, weight_decay=0.5))
    asked += [steps(SGD, halved, momentum=0.9), w.grad[0], layer.running_var]
    asked.append(entropy(torch.tensor(logits), torch.tensor(labels)))
    asked.append(sgd.param_groups[0]["lr"])
    for answer, expected in zip(asked, same_settings.values(), strict=True):
        np.testing.assert_allclose(answer, expected, rtol=1e-4, atol=1e-4)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.barh(list(apart), list(apart.values()))
axis.set(title="Same settings, other numbers", xlabel="apart, in percent")
plt.show()
