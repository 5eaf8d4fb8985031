r"""
Add, Multiply: broadcasting inputs of different ranks
=====================================================

If the inputs of a merging layer have different ranks, the layer inserts the
missing axes after the batch. So each sample is merged with its own numbers.
NumPy and the operator ``+`` insert them in front. For a sequence and a vector:

.. math::

   &\text{Add: } y_{n,t,i} = x_{n,t,i} + v_{n,i} \\
   &\text{+: } y_{n,t,i} = x_{n,t,i} + v_{t,i}

Here n is a sample, t a step and i a feature.
"""

import math

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three sequences of three steps, and a vector for each sequence.

inputs = [keras.Input((3, 2)), keras.Input((2,))]
added = layers.Add()(inputs)
model = keras.Model(inputs, [added, inputs[0] + inputs[1]])

x = np.zeros((3, 3, 2), "float32")  # (batch, steps, features)
v = np.float32([[1, 10], [2, 20], [3, 30]])  # (batch, features)
y, by_operator = model.predict([x, v], verbose=0)
print(y[0])

# %%
# Compute it
# ----------
# ``Add`` gives the vectors a new axis behind the batch. Then each sample has
# its own vector, the same for all its steps. NumPy and ``+`` put the new axis
# in front. Then each step has its own vector, the same for all samples.

of_sample = v[:, np.newaxis]  # (batch, 1, features)
of_step = v[np.newaxis]  # (1, steps, features)
as_in_add, as_in_plus = x + of_sample, x + of_step

# %%
# ``aligned`` inserts the axes, for any ranks. ``Subtract``, ``Average``,
# ``Maximum`` and ``Minimum`` begin like this, too.

from keras_by_hand.layers.merging import aligned

# %%
# Check it
# --------
# First the model. Then one number for each channel of an image, as in
# squeeze-and-excite; one for each sample; and all pairs of two sequences.

np.testing.assert_array_equal(y, as_in_add, strict=True)
np.testing.assert_array_equal(by_operator, as_in_plus, strict=True)
expected = sum(aligned([x, v]))
np.testing.assert_array_equal(y, expected, strict=True)
np.testing.assert_array_equal(by_operator, x + v, strict=True)

for shapes in [
    [(2, 3, 4, 5), (2, 5)],
    [(2,), (2, 3, 4)],
    [(2, 3, 1, 4), (2, 1, 5, 4), (2, 5, 4)],
]:
    case = [rng.integers(-9, 10, size=s).astype("float32") for s in shapes]
    for layer, merge in [(layers.Add(), sum), (layers.Multiply(), math.prod)]:
        of_keras = keras.ops.convert_to_numpy(layer(case))
        expected = merge(aligned(case))
        np.testing.assert_array_equal(of_keras, expected, strict=True)

# %%
# A batch of one sample is not repeated: it raises an error.

np.testing.assert_raises(ValueError, layers.Add(), [v[:1], v])

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Add``, ``Average``,
#    ``Maximum``, ``Minimum``, ``Multiply`` and ``Subtract`` decide in their
#    first call whether they insert axes. If the ranks are equal then, they
#    never do.

layer = layers.Add()
layer([v, v])
again = keras.ops.convert_to_numpy(layer([x, v]))
np.testing.assert_array_equal(again, x + v, strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    TensorFlow, ``Add``, ``Average`` and ``+`` take a column for a row, a bias,
#    if the batch has as many samples as there are units. So predictions can
#    depend on the size of the batch. Put the column first, and they are right.

column = np.float32([[1], [2], [3]])  # (batch, 1)
for units in (2, 3):
    zeros = np.zeros((3, units), "float32")
    right = keras.ops.convert_to_numpy(layers.Add()([column, zeros]))
    np.testing.assert_array_equal(right, column + zeros)
    total = keras.ops.convert_to_numpy(layers.Add()([zeros, column]))
    misread = keras.backend.backend() == "tensorflow" and units == 3
    np.testing.assert_array_equal(total, right.T if misread else right)

# %%
# Break it
# --------
# Would you write ``x + v`` for ``Add``? With as many samples as steps, no error
# warns you: step 2 of each sample adds the vector of sample 2. With two samples
# and three steps it raises an error.

print("Add:", y[0, :, 0], "operator:", by_operator[0, :, 0])
assert np.any(y != by_operator)
np.testing.assert_raises(ValueError, np.add, x[:2], v[:2])

# %%
# See it
# ------

results = {"Add: that of the sample": y, "x + v: that of the step": by_operator}
fig, axes = plt.subplots(1, 2, figsize=(6, 3), sharey=True)
fig.suptitle("Which of three vectors is added to each sample and step")
for axis, (title, result) in zip(axes, results.items()):
    axis.imshow(result[..., 0], cmap="Blues", vmin=0, vmax=6)
    for (sample, step), number in np.ndenumerate(result[..., 0]):
        axis.text(
            step, sample, int(number), ha="center", va="center", color="k"
        )
    axis.set(title=title, xlabel="step", xticks=[], yticks=[])
axes[0].set_ylabel("sample")
plt.show()
