r"""
Autograd: a tape of numbers that remember what made them
========================================================

You write the pass forward, and TensorFlow, JAX or PyTorch finds the gradients.
This is automatic differentiation, or autograd: each number remembers which
numbers made it, and its slope for each. The chain rule then goes back along the
tape, the list of all numbers. If a number was used twice, its gradients add up.

.. math:: \frac{\partial L}{\partial a} = \sum_{c \text{ made from } a}
   \frac{\partial L}{\partial c} \, \frac{\partial c}{\partial a}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Each column of ``start`` is one hidden unit: weight in, bias, weight out.

x = np.array([-1, -0.75, -0.5, 0.25, 0.5, 1])[:, np.newaxis]  # (batch, 1)
target = x**2  # the network is to learn squares
start = np.array([[0.75, -1, 0.5], [0.25, -0.25, 0.75], [0.5, 0.75, -1]])
layers = [keras.layers.Dense(3, "relu"), keras.layers.Dense(1, use_bias=False)]
model = keras.Sequential([keras.Input((1,)), *layers])
model.compile(keras.optimizers.SGD(learning_rate=0.25), loss="mse")
model.set_weights([start[:1], start[1], start[2:].T])

# %%
# Compute it
# ----------
# The parents of a value are what made it, each in a pair with its slope. Python
# calls ``__add__`` for ``+``. A value stands behind its parents on the tape, so
# on the way back each gradient is complete before it is passed on.


class Value:
    tape = []  # all values, in the order in which they were made

    def __init__(self, number, parents=()):
        self.number, self.gradient, self.parents = number, 0, parents
        self.tape.append(self)

    def __add__(self, other):
        return Value(self.number + other.number, [(self, 1), (other, 1)])

    def __mul__(self, other):
        slopes = [(self, other.number), (other, self.number)]
        return Value(self.number * other.number, slopes)

    def relu(self):
        return Value(max(0, self.number), [(self, int(self.number > 0))])

    def backward(self):
        self.gradient = 1
        for value in reversed(self.tape):
            for parent, slope in value.parents:
                parent.gradient += value.gradient * slope


# %%
# See it
# ------
# ``w`` is used twice, in the product and in the sum. Each line has its slope.

w, v = Value(2), Value(3)
(w * v + w).backward()
places = dict(zip(Value.tape, [(0, 1), (0, 0), (1, 0), (2, 0.5)]))
style = {"ha": "center", "va": "center", "color": "k", "bbox": {"fc": "w"}}
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.set(title="Two ways lead back to w: 3 + 1 = 4", ylim=(-0.4, 1.4))
axis.set(xlim=(-0.3, 2.4), frame_on=False, xticks=[], yticks=[])
for name, value in zip(["w", "v", "w v", "w v + w"], places):
    label = f"{name} = {value.number}\ngradient {value.gradient}"
    axis.text(*places[value], label, **style)
    for parent, slope in value.parents:
        line = np.array([places[parent], places[value]])
        axis.plot(*line.T, "C1", zorder=0)
        axis.text(*np.mean(line, axis=0), slope, **style)
plt.show()

# %%
# Check it
# --------
# The network, number by number. After each step, Keras has the same weights.

table = start
for _ in range(30):
    Value.tape.clear()
    weights, loss = [list(map(Value, row)) for row in table], Value(0)
    for feature, wanted in zip(x[:, 0], target[:, 0]):
        error = Value(-wanted)
        for into, bias, out in zip(*weights):
            error += (into * Value(feature) + bias).relu() * out
        loss += error * error * Value(1 / 6)  # the mean of six
    loss.backward()
    table = [[w.number - 0.25 * w.gradient for w in row] for row in weights]
    model.train_on_batch(x, target)
    by_keras = [weight.ravel() for weight in model.get_weights()]
    np.testing.assert_allclose(by_keras, table, rtol=1e-4, atol=1e-4)
np.testing.assert_array_less(loss.number, 0.02)

# %%
# Break it
# --------
# Suppose you use ``w`` again, and forget to set its gradient back to 0. The new
# gradient is added to the old one. (That is why PyTorch has ``zero_grad``.)

Value.tape.clear()
(w * v + w).backward()
print("right: 4, wrong:", w.gradient)
assert w.gradient == 8

# %%
# Try it
# ------
# 1. Write ``divided(a, b)``, the ``Value`` of a / b, with its two slopes.
# 2. Write ``larger(a, b)``, the larger value, from ``+``, ``*`` and relu alone.
