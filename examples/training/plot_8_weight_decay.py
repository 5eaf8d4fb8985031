r"""
Weight decay is not L2, except in plain descent
===============================================

Weight decay takes a part off each weight, beside the step of the optimizer. An
L2 penalty adds to the loss, hence to the gradient, and goes through the
optimizer. With learning rate :math:`\eta`, gradient :math:`g`, and
:math:`s(\cdot)` for what the optimizer makes of a gradient:

.. math::

   \begin{aligned}
   \text{decay } \lambda: \quad & w \leftarrow w - \eta \lambda w - \eta s(g) \\
   \text{L2 penalty } \alpha \sum w^2: \quad & w \leftarrow
   w - \eta s(g + 2 \alpha w)
   \end{aligned}

Plain descent has :math:`s(g) = g`: both are the same if :math:`\alpha =
\lambda/2`. Adam divides by the size of the gradient, and they are not.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# In Keras every optimizer takes ``weight_decay``, and decays *all* weights, the
# bias too, unless they are excluded. A penalty belongs to the layer. Here SGD
# decays kernel and bias, and Adam the kernel alone. Each takes one step, from
# integers: nothing is rounded but the new weights of Adam.

x = np.random.randint(-1, 2, size=(4, 3))  # (batch, features)
target = np.random.randint(-3, 4, size=(4, 2))  # (batch, units)
start = [np.array([[1, -3], [3, -1], [-3, 1]]), np.array([-1, 2])]  # W, b

rates = {"learning_rate": 0.25, "beta_1": 0.5, "beta_2": 0.9375}
adamw = keras.optimizers.AdamW(weight_decay=0.5, **rates)
adamw.exclude_from_weight_decay(var_names=["bias"])
l2 = keras.regularizers.L2(0.25)
settings = {  # optimizer, penalty on kernel and bias
    "SGD with decay": (
        keras.optimizers.SGD(0.25, weight_decay=0.5),
        None,
        None,
    ),
    "SGD with L2": (keras.optimizers.SGD(0.25), l2, l2),
    "AdamW": (adamw, None, None),
    "Adam with L2": (keras.optimizers.Adam(**rates), l2, None),
}
found = {}  # by name: loss, kernel, bias, and Adam's averages of both
for name, (optimizer, on_kernel, on_bias) in settings.items():
    dense = keras.layers.Dense(
        2, kernel_regularizer=on_kernel, bias_regularizer=on_bias
    )
    model = keras.Sequential([keras.Input(shape=(3,)), dense])
    model.set_weights(start)
    model.compile(optimizer, loss="mean_squared_error")
    loss = model.train_on_batch(x, target)
    averages = map(keras.ops.convert_to_numpy, optimizer.variables[2:])
    found[name] = [loss, *model.get_weights(), *averages]

# %%
# Compute it
# ----------
# ``sgd`` and ``adam`` are the function :math:`s`; they also return what the
# optimizer keeps.


def sgd(gradient, averages, t):
    return gradient, []


def adam(gradient, averages, t, betas=(0.5, 0.9375)):
    momentum, velocity = averages
    momentum = betas[0] * momentum + (1 - betas[0]) * gradient
    velocity = betas[1] * velocity + (1 - betas[1]) * gradient**2
    correction = np.sqrt(1 - betas[1] ** t) / (1 - betas[0] ** t)
    scaled = correction * momentum / (np.sqrt(velocity) + 1e-7)
    return scaled, [momentum, velocity]


def loss_and_gradients(x, target, kernel, bias):
    """The mean squared error, and its gradients, one for each weight."""
    residual = x @ kernel + bias - target  # (batch, units)
    slope = 2 * residual / residual.size
    return np.mean(residual**2), [x.T @ slope, np.sum(slope, axis=0)]


def first_step(function, penalties, decays):
    """The loss, kernel, bias and averages; penalties and decays are of both."""
    loss, gradients = loss_and_gradients(x, target, *start)
    new, kept = [], []
    for w, gradient, penalty, decay in zip(start, gradients, penalties, decays):
        loss = loss + penalty * np.sum(w**2)
        scaled, averages = function(gradient + 2 * penalty * w, [0, 0], 1)
        new.append(w - 0.25 * decay * w - 0.25 * scaled)
        kept += averages
    return [loss, *new, *kept]


expected = {
    "SGD with decay": first_step(sgd, penalties=(0, 0), decays=(0.5, 0.5)),
    "SGD with L2": first_step(sgd, penalties=(0.25, 0.25), decays=(0, 0)),
    "AdamW": first_step(adam, penalties=(0, 0), decays=(0.5, 0)),
    "Adam with L2": first_step(adam, penalties=(0.25, 0), decays=(0, 0)),
}

# %%
# Check it
# --------
# Loss and averages are equal to the bit, and so are the weights of SGD. A step
# of Adam, here 1/4 at most, is rounded six times, and once when it is
# subtracted, by :math:`\varepsilon/2` each.

for name, arrays in expected.items():
    np.testing.assert_equal(len(found[name]), len(arrays), err_msg=name)
    np.testing.assert_equal(found[name][0], arrays[0], err_msg=name)
    for i, (array, wanted) in enumerate(zip(found[name], arrays)):
        message = f"{name}, array {i}"
        if i == 0:
            continue
        np.testing.assert_equal(array.shape, wanted.shape, err_msg=message)
        np.testing.assert_equal(array.dtype, np.float32, err_msg=message)
        if "Adam" in name and i <= 2:
            limit = np.finfo("float32").eps * (3 * 0.25 + np.abs(wanted) / 2)
            error = np.abs(array - wanted)
            print(f"{message}: error {np.max(error / limit):.2f} of its limit")
            np.testing.assert_array_less(error, limit, err_msg=message)
        else:
            np.testing.assert_array_equal(array, wanted, err_msg=message)

# %%
# Decay and penalty, SGD: the same to the bit. Adam: no entry of the kernel is
# the same.

for i in (1, 2):
    with_decay, with_l2 = found["SGD with decay"][i], found["SGD with L2"][i]
    np.testing.assert_array_equal(with_decay, with_l2)

differ = np.abs(found["AdamW"][1] - found["Adam with L2"][1]) > 0.1
print(f"Adam: {np.count_nonzero(differ)} of 6 kernel entries differ")
np.testing.assert_array_equal(differ, np.ones((3, 2), "bool"))

# %%
# Break it
# --------
# The same number for penalty and decay; a decay that the learning rate does not
# multiply; the bias not excluded.

mistakes = {
    "L2(0.5) for a decay of 0.5": (sgd, (0.5, 0.5), (0, 0), "SGD with decay"),
    "no learning rate": (sgd, (0, 0), (0.5 / 0.25,) * 2, "SGD with decay"),
    "bias not excluded": (adam, (0, 0), (0.5, 0.5), "AdamW"),
}
for mistake, (*arguments, name) in mistakes.items():
    wrong = first_step(*arguments)[2]
    differ = np.abs(wrong - found[name][2]) > 0.1
    print(f"{mistake}: {np.count_nonzero(differ)} of 2 bias entries are wrong")
    np.testing.assert_array_equal(differ, [True, True])

# %%
# See it
# ------
# What 300 steps leave of a weight of 1, with gradients that change their sign
# at each step and so lead nowhere. Decay takes the same from all weights. A
# penalty goes through Adam, and matters the less, the larger the gradients are.

sizes = np.geomspace(1e-3, 1e3, 37)  # a weight for each size of gradient
left = {"AdamW": np.ones(37), "Adam with L2": np.ones(37)}
averages = {name: [0, 0] for name in left}
for t in range(1, 301):
    for name, w in left.items():
        decay, penalty = (0.5, 0) if name == "AdamW" else (0, 0.25)
        gradient = sizes * (-1) ** t + 2 * penalty * w
        scaled, averages[name] = adam(gradient, averages[name], t, (0.9, 0.999))
        left[name] = w - 0.01 * decay * w - 0.01 * scaled
fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
for (name, weights), style in zip(left.items(), ("o-", "s-")):
    axis.semilogx(sizes, weights, style, markersize=4, label=name)
axis.set(title="What decay and penalty leave of a weight under Adam")
axis.set(xlabel="size of its gradients", ylabel="weight after 300 steps")
axis.legend()
plt.show()
