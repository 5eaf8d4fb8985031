r"""
NCHW to NHWC: the weights of a whole PyTorch CNN
================================================

PyTorch stores images and kernels with the channels first, and Keras with the
channels last. Each kind of layer needs its own new order of axes. This page
ports a whole network.

.. math::

   \text{Conv2d: } & OIHW \to HWIO \\
   \text{depthwise: } & (CM) 1 HW \to HWCM \\
   \text{transposed: } & IOHW \to HWOI \\
   \text{Linear: } & O(CHW) \to (HWC)O

O are the outputs, I the inputs, C the channels, and M is ``depth_multiplier``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import batch_normalization
from keras_by_hand.porting.pytorch import (
    batch_norm_from_pytorch,
    from_pytorch_depthwise_kernel,
    from_pytorch_images,
    from_pytorch_kernel,
    from_pytorch_linear_after_flatten,
    from_pytorch_transpose_kernel,
    pytorch_conv2d,
    pytorch_conv_transpose2d,
)

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The arrays of ``Conv2d(2, 4, 3)``, ``BatchNorm2d(4)``, ``ReLU()``, ``Conv2d(4,
# 8, 3, padding=1, groups=4)``, ``ConvTranspose2d(8, 3, 2, stride=2)``,
# ``Flatten()``, ``Linear(144, 5)`` and ``Linear(5, 3)``, by the names of
# ``state_dict()``.

images = rng.normal(size=(4, 2, 5, 6)).astype("float32")  # (batch, C, H, W)
shapes = {"0.weight": (4, 2, 3, 3), "0.bias": 4}
shapes |= {f"1.{name}": 4 for name in ("weight", "bias", "running_mean")}
shapes |= {"1.running_var": 4, "3.weight": (8, 1, 3, 3), "3.bias": 8}
shapes |= {"4.weight": (8, 3, 2, 2), "4.bias": 3}
shapes |= {"6.weight": (5, 144), "6.bias": 5, "7.weight": (3, 5), "7.bias": 3}
state = {
    name: rng.uniform(-0.5, 0.5, size=shape).astype("float32")
    for name, shape in shapes.items()
}
state["1.running_var"] += 1
state["1.num_batches_tracked"] = np.array(100)


def keras_model(dtype="float32"):
    return keras.Sequential(
        [
            keras.Input((5, 6, 2)),
            layers.Conv2D(4, 3, dtype=dtype),
            layers.BatchNormalization(epsilon=1e-5, dtype=dtype),
            layers.ReLU(dtype=dtype),
            layers.ZeroPadding2D(1, dtype=dtype),
            layers.DepthwiseConv2D(3, depth_multiplier=2, dtype=dtype),
            layers.Conv2DTranspose(3, 2, strides=2, dtype=dtype),
            layers.Flatten(dtype=dtype),
            layers.Dense(5, dtype=dtype),
            layers.Dense(3, dtype=dtype),
        ]
    )


# %%
# Compute it
# ----------
# The layers with weights must come in the same order in both networks. Get the
# state by ``{name: tensor.numpy() for name, tensor in
# network.state_dict().items()}``.


def from_pytorch_state(model, state):
    """Arrays for model.set_weights(...).

    model: keras.Sequential, channels last, of Conv2D, DepthwiseConv2D,
    Conv2DTranspose, BatchNormalization (not behind Flatten), Dense, and layers
    without weights; state: {name: array} of a torch.nn.Sequential, its layers
    with weights in the same order. Raises ValueError for other layers.
    """
    modules = {}  # {"0": {"weight": array, "bias": array}, ...}
    for name, array in state.items():
        module, _, name = name.rpartition(".")
        modules.setdefault(module, {})[name] = array
    if len(modules) != sum(bool(layer.weights) for layer in model.layers):
        raise ValueError("The numbers of layers with weights differ")
    modules = iter(modules.values())
    arrays, space = [], None
    for layer in model.layers:
        if isinstance(layer, layers.Flatten):
            space = layer.input.shape[1:3]  # (height, width)
        if not layer.weights:
            continue
        module = next(modules)
        if isinstance(layer, layers.BatchNormalization) and not space:
            arrays += batch_norm_from_pytorch(module)[0]
            continue
        kernel = module["weight"]
        if isinstance(layer, layers.DepthwiseConv2D):
            channels = layer.input.shape[-1]
            kernel = from_pytorch_depthwise_kernel(kernel, channels)
        elif isinstance(layer, layers.Conv2DTranspose):
            kernel = from_pytorch_transpose_kernel(kernel)
        elif isinstance(layer, layers.Conv2D):
            kernel = from_pytorch_kernel(kernel)
        elif isinstance(layer, layers.Dense) and space:  # the first one
            kernel = from_pytorch_linear_after_flatten(kernel, *space)
            space = None
        elif isinstance(layer, layers.Dense):
            kernel = kernel.T
        else:
            raise ValueError(f"{layer.name} is not known")
        arrays += [kernel, module["bias"]] if "bias" in module else [kernel]
    return arrays


# %%
# Check it
# --------
# PyTorch's formulas, on PyTorch's arrays. (Only TensorFlow computes a whole
# model in float64.)

arrays = [array.astype("float64") for array in state.values()]
x = images.astype("float64")
x = pytorch_conv2d(x, *arrays[:2])
x = np.maximum(0, batch_normalization(x, *arrays[2:6], axis=1, epsilon=1e-5))
x = pytorch_conv2d(x, *arrays[6:8], padding=1, groups=4)
x = pytorch_conv_transpose2d(x, *arrays[8:10], stride=2)
x = x.reshape(4, 144) @ arrays[10].T + arrays[11]
expected = x @ arrays[12].T + arrays[13]  # (batch, 3)

tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float64", "float32"] if tensorflow else ["float32"]:
    model = keras_model(dtype)
    model.set_weights(from_pytorch_state(model, state))
    y = keras.ops.convert_to_numpy(model(from_pytorch_images(images)))
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y, expected, tolerance, tolerance)

if keras.backend.backend() == "torch":  # then PyTorch itself can say
    import torch

    nn = torch.nn
    network = nn.Sequential(
        nn.Conv2d(2, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Conv2d(4, 8, 3, padding=1, groups=4),
        nn.ConvTranspose2d(8, 3, 2, stride=2),
        nn.Flatten(),
        nn.Linear(144, 5),
        nn.Linear(5, 3),
    ).eval()
    arrays = {name: torch.tensor(a) for name, a in state.items()}
    network.load_state_dict(arrays)
    answer = network(torch.tensor(images)).detach()
    np.testing.assert_allclose(answer, expected, 1e-4, 1e-4)

# %%
# Break it
# --------
# Would you transpose everything with ``.T``? Only ``DepthwiseConv2D`` raises an
# error. Where kernels are square, the others load: but rows and columns are
# exchanged, and the rows of the ``Dense`` kernel belong to other pixels.

right = model.get_weights()
depthwise = right[:6] + [state["3.weight"].T] + right[7:]
np.testing.assert_raises(ValueError, model.set_weights, depthwise)
mistakes = {
    "Conv2D: kernel.T": (0, state["0.weight"].T),
    "Conv2DTranspose: kernel.T": (8, state["4.weight"].T),
    "Dense: kernel.T": (10, state["6.weight"].T),
}
answers = {"without a mistake": y}
for name, (place, array) in mistakes.items():
    model.set_weights(right[:place] + [array] + right[place + 1 :])
    wrong = model.predict(from_pytorch_images(images), verbose=0)
    print(f"{name}: largest difference {np.max(np.abs(wrong - y)):.2f}")
    assert not np.allclose(y, wrong, 1e-2, 1e-2)
    answers[name] = wrong

# %%
# See it
# ------
# Each point is one output for one image. Right answers lie on the line.

fig, axes = plt.subplots(2, 2, figsize=(6, 4), layout="constrained")
fig.suptitle("Three mistakes that raise no error")
for axis, (name, answer) in zip(axes.flat, answers.items()):
    axis.axline((0, 0), slope=1, color="0.7")
    axis.plot(expected, answer, "C0o", markersize=4)
    axis.set(title=name)
fig.supxlabel("PyTorch")
fig.supylabel("Keras")
plt.show()
