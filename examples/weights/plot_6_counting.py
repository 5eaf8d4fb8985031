r"""
A layer has (features + 1) times units parameters
=================================================

The parameters of a ``Dense`` layer are the entries of its kernel and of its
bias. How many samples it sees, or how many steps a sequence has, changes
nothing.

.. math:: n_\text{parameters} = (\text{features} + 1) \cdot \text{units}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Each layer has as many features as the one before it has units. What the
# weights are does not matter here, so they are zero.

widths = [40, 64, 24, 24, 10, 1]  # of the input, then of each layer
options = [
    {},
    {"use_bias": False},
    {"dtype": "float16"},
    {"dtype": "mixed_float16"},  # computes in float16, stores float32
    {"trainable": False},
]
layers = [
    keras.layers.Dense(units, kernel_initializer="zeros", **option)
    for units, option in zip(widths[1:], options)
]
model = keras.Sequential([keras.Input(shape=(40,)), *layers])

counts = [layer.count_params() for layer in layers]
arrays = [layer.get_weights() for layer in layers]

# %%
# Compute it
# ----------
# Without a bias there is a row less. A float32 takes four bytes, a float16 two.


def parameters(features, units, use_bias=True):
    """How many numbers a Dense layer holds."""
    return (features + use_bias) * units


expected = [
    parameters(40, 64),
    parameters(64, 24, use_bias=False),
    parameters(24, 24),
    parameters(24, 10),
    parameters(10, 1),
]
expected_bytes = np.multiply(expected, [4, 4, 2, 4, 4])
expected_shapes = [(40, 64), (64,), (64, 24), (24, 24), (24,)]
expected_shapes += [(24, 10), (10,), (10, 1), (1,)]

# %%
# Check it
# --------

stored = [sum(array.nbytes for array in held) for held in arrays]
print("parameters   bytes")
for row in zip(counts, stored, options):
    print("{:10} {:7}  {}".format(*row))

shapes = [array.shape for held in arrays for array in held]
np.testing.assert_equal(shapes, expected_shapes)
values = np.concatenate([array.ravel() for held in arrays for array in held])
np.testing.assert_array_equal(values, np.zeros(sum(expected)))
np.testing.assert_array_equal(np.array(counts), expected)
np.testing.assert_array_equal(np.array(stored), expected_bytes)
np.testing.assert_equal(model.count_params(), sum(expected))
np.testing.assert_array_equal(
    [layer.dtype for layer in layers],
    ["float32", "float32", "float16", "float32", "float32"],
)

# %%
# ``model.summary()`` tells the trainable ones from those that are not. All are
# counted.

lines = []
model.summary(print_fn=lambda text, **options: lines.extend(text.split("\n")))
said = [line.split() for line in lines if "params:" in line]
said = [int(words[-3].replace(",", "")) for words in said]
print("total {}, trainable {}, not trainable {}".format(*said))
np.testing.assert_equal(said, [sum(expected), sum(expected[:-1]), expected[-1]])

# %%
# A weight that a layer adds by itself counts as well. This one counts calls,
# which is not for training to change.


class Counting(keras.layers.Dense):
    """A Dense layer with a place to count its calls."""

    def build(self, input_shape):
        super().build(input_shape)
        self.calls = self.add_weight(
            name="calls", initializer="zeros", trainable=False
        )


layer = Counting(7, name="counting")
layer.build((None, 5))
paths = [weight.path for weight in layer.non_trainable_weights]
print(layer.count_params(), "parameters; not trainable:", *paths)
np.testing.assert_equal(layer.count_params(), parameters(5, 7) + 1)
np.testing.assert_equal(paths, ["counting/calls"])

# %%
# Break it
# --------
# A sequence of 100 steps goes through the same kernel, step after step. It is
# wrong to count the steps, or to forget the bias.

layer = keras.layers.Dense(7)
layer.build((None, 100, 5))  # (batch, steps, features)
with_steps, without_bias = parameters(100 * 5, 7), parameters(5, 7, False)
print(layer.count_params(), "and not", with_steps, "or", without_bias)
np.testing.assert_equal(layer.count_params(), parameters(5, 7))
np.testing.assert_equal(
    layer.count_params() in (with_steps, without_bias), False
)

# %%
# See it
# ------
# The strip below a kernel is its bias, a single row.

fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
left = 0
for features, units, count in zip(widths, widths[1:], expected):
    axis.add_patch(plt.Rectangle((left, 0), units, features, color="C0"))
    axis.text(left, features + 1, f"{count}")
    if count > features * units:
        axis.add_patch(plt.Rectangle((left, -1), units, 1, color="C1"))
    left += units + 12
axis.set(title="Where the parameters of a network are: areas to scale")
axis.set(xlabel="units", ylabel="features", aspect="equal", xticks=[])
axis.set(xlim=(-2, left), ylim=(-2, 74))
plt.show()
