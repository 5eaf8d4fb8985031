r"""
MobileNetV2: 17 inverted residual blocks
========================================

``MobileNetV2`` is made for phones, so it has few weights. A block expands few
channels to six times as many, convolves each by itself, and projects them to
few again. NumPy computes the whole model with Keras' weights.

.. math::

   g &= \text{relu6}(\text{norm}_1(W_1 * x)) \\
   h &= \text{relu6}(\text{norm}_2(\text{depthwise}(g))) \\
   y &= x + \text{norm}_3(W_3 * h)

x is the input of a block, y its output. :math:`W_1 *` and :math:`W_3 *` are
convolutions of single pixels, "depthwise" is one of 3 by 3 pixels. relu6 is
``relu`` that ends at 6, norm is ``BatchNormalization``. The shortcut, adding x,
is left out where y has another shape. The blocks are "inverted": those of
``ResNet50`` have many channels at their ends, and few between.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.applications import MobileNetV2

from keras_by_hand import (
    batch_normalization,
    dense,
    global_average_pooling2d,
    relu6,
    softmax,
)
from keras_by_hand.layers.convolution import conv, depthwise_conv

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Random numbers replace biases and statistics, which are 0 or 1 in a new model
# and would hide mistakes. ``alpha`` scales the number of channels: 1 is the
# usual model. Trained weights (``weights="imagenet"``) want pixels from -1 to
# 1: see the page "Rescaling".

x = rng.normal(size=(2, 40, 40, 3)).astype("float32")  # (batch, H, W, channels)
model = MobileNetV2(x.shape[1:], alpha=0.35, weights=None, classes=10)
for variable in model.weights:
    if variable.name != "kernel":
        variable.assign(rng.uniform(0.5, 4, size=variable.shape))

# %%
# Compute it
# ----------
# A block is the formula. Its weights go by the names of layers:
# block_1_expand, block_1_expand_BN, ... The first block does not expand. Where
# strides are 2, a layer ``ZeroPadding2D`` pads as "same" would.


def inverted_residual(x, weights, name, strides=1):
    options = {"strides": strides, "padding": "same"}
    y = x
    if f"{name}_expand" in weights:
        y = conv(x, *weights[f"{name}_expand"])
        y = relu6(batch_normalization(y, *weights[f"{name}_expand_BN"]))
    y = depthwise_conv(y, *weights[f"{name}_depthwise"], **options)
    y = relu6(batch_normalization(y, *weights[f"{name}_depthwise_BN"]))
    y = conv(y, *weights[f"{name}_project"])
    y = batch_normalization(y, *weights[f"{name}_project_BN"])
    return x + y if x.shape == y.shape else y


# %%
# The model is a convolution, 17 blocks, another convolution, the mean of each
# channel, and a ``Dense`` layer. We keep the output of each block.


def mobilenet_v2(x, weights):
    x = conv(x, *weights["Conv1"], strides=2, padding="same")
    x = relu6(batch_normalization(x, *weights["bn_Conv1"]))
    outputs = [inverted_residual(x, weights, "expanded_conv")]
    for number in range(1, 17):
        strides = 2 if number in (1, 3, 6, 13) else 1
        name = f"block_{number}"
        outputs.append(inverted_residual(outputs[-1], weights, name, strides))
    x = conv(outputs[-1], *weights["Conv_1"])
    x = relu6(batch_normalization(x, *weights["Conv_1_bn"]))
    x = global_average_pooling2d(x)
    return [*outputs, softmax(dense(x, *weights["predictions"]))]


# %%
# Check it
# --------
# Compare what each block returns to the convolution after it, and the
# probabilities of the classes. The largest error of a block is divided by the
# block's largest output. eps is the distance from 1 to the next float32. A
# limit of 1000 eps means that about four digits agree: see the page "What equal
# means".

weights = {layer.name: layer.weights for layer in model.layers}
weights = keras.tree.map_structure(np.float64, weights)
expected = mobilenet_v2(x.astype("float64"), weights)
after = [f"block_{number}_expand" for number in range(1, 17)] + ["Conv_1"]
ends = [model.get_layer(name).input for name in after]
outputs = keras.Model(model.input, [*ends, model.output])(x)
pairs = zip(map(keras.ops.convert_to_numpy, outputs), expected, strict=True)
errors = [np.max(np.abs(y - z)) / np.max(np.abs(z)) for y, z in pairs]
eps = np.finfo("float32").eps
print(f"largest error {max(errors):.1e}, eps {eps:.1e}")
np.testing.assert_array_less(errors, 1000 * eps)

# %%
# Break it
# --------
# Suppose you build the model for images of any size, and load these weights.
# Give ``input_shape`` instead, as above.
#
# .. warning:: **Seen in Keras 3.15.1, wrong shape:**
#    ``keras.applications.MobileNetV2`` without ``input_shape``, as for
#    features, pads only at the end where strides are 2 and the size is odd.
#    Here ``block_6`` gets 5 by 5 pixels, and the last block returns one.

any_size = MobileNetV2(include_top=False, alpha=0.35, weights=None)
wrong = any_size.compute_output_shape(x.shape)[1:3]
right = expected[16].shape[1:3]
print("size of the last block, right:", right, "wrong:", wrong)
assert right != wrong

# %%
# See it
# ------
# An error includes those of all blocks before it. The channels are block_2's.

names = ["x", "expand", "depthwise", "project", "sum"]
channels = np.array([8, 48, 48, 8, 8])
fig, axes = plt.subplots(1, 2, figsize=(6, 3.2), layout="constrained")
bars = axes[0].barh(names, channels, left=-channels / 2, height=0.5)
axes[0].bar_label(bars, channels, label_type="center", color="w")
axes[0].invert_yaxis()
way = {"arrowstyle": "->", "connectionstyle": "bar,fraction=-0.43"}
axes[0].annotate("", (4, 4), (4, 0), arrowprops={**way, "color": "C1"})
axes[0].set(title="Channels in a block", xticks=[], xlim=(-27, 43))
axes[1].semilogy(range(17), np.divide(errors[:17], eps), "o-", label="float32")
axes[1].axhline(1000, color="gray", label="tolerance")
axes[1].set(title="Largest error in eps", xlabel="block", ylim=(0.1, 3000))
axes[1].legend(loc="center right")
plt.show()
