r"""
SpectralNormalization: divide a kernel by its largest singular value
====================================================================

``SpectralNormalization`` wraps a layer. At each training step, it first divides
the layer's kernel by an estimate of its largest singular value. Then the kernel
hardly lengthens any vector, which makes the training of GANs stable.

.. math::

   v &= u W^\top / |u W^\top| \\
   u' &= v W / |v W| \\
   W' &= W / \sigma, \qquad \sigma = v W u'^\top

This is one power iteration. The layer keeps u' for the next step, so its
estimate σ improves from step to step.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, Dense, Embedding, SpectralNormalization

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The new weight ``vector_u`` has an entry for each unit. Only calls with
# ``training=True`` divide, and they overwrite the kernel.

x = rng.normal(size=(2, 4)).astype("float32")  # (batch, features)
kernel = rng.normal(size=(4, 3)).astype("float32")  # (features, units)
vector_u = rng.normal(size=(1, 3)).astype("float32")  # (1, units)


def keras_layer(layer, x, weights, **arguments):
    layer = SpectralNormalization(layer, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    return layer


layer = keras_layer(Dense(3, use_bias=False), x, [kernel, vector_u])
for call in range(4):
    singular_values = np.linalg.svd(layer.get_weights()[0], compute_uv=False)
    print(f"after {call} calls: {singular_values}")
    layer(x, training=True)

# %%
# Compute it
# ----------
# These lines do what one call does. Multiply u by the transposed kernel, and
# divide by the length of the result: this is v. Multiply v by the kernel. The
# length of this product is σ, and its direction is the new u. Divide the kernel
# by σ.

vector_v = vector_u @ kernel.T  # (1, features)
vector_v = vector_v / np.linalg.norm(vector_v)
product = vector_v @ kernel  # (1, units)
sigma = np.linalg.norm(product)
new_u = product / sigma
new_kernel = kernel / sigma  # (features, units)

# %%
# The whole function repeats this ``power_iterations`` times, for kernels with
# any number of axes. It leaves a kernel of zeros as it is.

from keras_by_hand import spectral_normalization

# %%
# Check it
# --------
# First one call, then three calls each. The kernel of ``Conv2D`` becomes a
# matrix with a column for each filter. (Only TensorFlow computes a whole layer
# in float64.)

layer = keras_layer(Dense(3, use_bias=False), x, [kernel, vector_u])
layer(x, training=True)
for of_keras, of_numpy in zip(layer.get_weights(), [new_kernel, new_u]):
    np.testing.assert_allclose(of_keras, of_numpy, rtol=1e-4, atol=1e-4)

images = rng.normal(size=(2, 4, 4, 2)).astype("float32")
filters = rng.normal(size=(2, 2, 2, 3)).astype("float32")
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    options = {"use_bias": False, "dtype": dtype}
    more = {"power_iterations": 2, "dtype": dtype}
    tolerance = 1000 * np.finfo(dtype).eps
    for layer, inputs, weight in (
        (Dense(3, **options), x, kernel),
        (Dense(3, **options), x, 0 * kernel),
        (Conv2D(3, 2, **options), images, filters),
    ):
        layer = keras_layer(layer, inputs, [weight, vector_u], **more)
        expected = weight.astype("float64"), vector_u.astype("float64")
        for _ in range(3):
            layer(inputs, training=True)
            expected = spectral_normalization(*expected, power_iterations=2)
        for new, array in zip(layer.get_weights(), expected):
            np.testing.assert_allclose(new, array, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On all backends,
#    ``SpectralNormalization`` casts its output to the dtype of the input. If
#    you wrap an ``Embedding`` and its tokens are integers, all vectors lose
#    their fractions. Pass the tokens as floats.

tokens = np.array([[0, 2, 3]])
layer = keras_layer(Embedding(4, 3), tokens, [kernel, vector_u])
vectors = keras.ops.convert_to_numpy(layer(tokens))
np.testing.assert_array_equal(vectors, np.trunc(kernel[tokens]))
vectors = keras.ops.convert_to_numpy(layer(tokens.astype("float32")))
np.testing.assert_array_equal(vectors, kernel[tokens])

# %%
# Break it
# --------
# Many iterations find the largest singular value, ``np.linalg.norm`` with
# ``ord=2``. Would you leave out ``ord=2``? Then the norm is the root of the sum
# of all squares, which is larger.

many, _ = spectral_normalization(kernel, vector_u, power_iterations=50)
right = kernel / np.linalg.norm(kernel, ord=2)
np.testing.assert_allclose(many, right, 1e-4, 1e-4)
wrong = kernel / np.linalg.norm(kernel)
print("largest singular value:", np.linalg.norm(wrong, ord=2))
assert not np.allclose(many, wrong)

# %%
# See it
# ------
# A larger kernel needs more calls.

new, largest = (rng.normal(size=(30, 20)), rng.normal(size=(1, 20))), []
for _ in range(13):
    largest.append(np.linalg.norm(new[0], ord=2))
    new = spectral_normalization(*new)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.semilogy(largest, "o-")
axis.axhline(1, color="gray", linewidth=0.8)
axis.set(title="SpectralNormalization: the largest singular value nears 1")
axis.set(xlabel="calls in training", ylabel="largest singular value")
plt.show()
