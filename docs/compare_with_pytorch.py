from collections import OrderedDict

import keras
import numpy as np
import torch
from keras import layers
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from keras_by_hand import compare
from keras_by_hand.porting.pytorch import (
    batch_norm_to_pytorch,
    to_pytorch_kernel,
)

# -- Save the model and one input
model = keras.Sequential(
    [
        keras.Input((8, 10, 3)),
        layers.Conv2D(6, 3, strides=2, padding="same", name="conv"),
        layers.BatchNormalization(name="norm"),  # epsilon=1e-3
        layers.ReLU(name="relu"),
        layers.Flatten(name="flatten"),  # (batch, 4, 5, 6) to (batch, 120)
        layers.Dense(3, name="dense"),
    ]
)
rng = np.random.default_rng(313)
model.set_weights([rng.uniform(0.1, 0.9, w.shape) for w in model.get_weights()])
x = rng.normal(size=(2, 8, 10, 3)).astype("float32")
model.save("model.keras")


# -- The port
def build_port(mistake):
    kernel, bias, *norm, dense_kernel, dense_bias = model.get_weights()
    pad = (1, 1, 1, 1) if mistake == "padding" else (0, 1, 0, 1)
    eps = 1e-5 if mistake == "epsilon" else 1e-3
    if mistake != "flatten":  # PyTorch flattens (batch, 6, 4, 5)
        rows = dense_kernel.reshape(4, 5, 6, 3).transpose(2, 0, 1, 3)
        dense_kernel = rows.reshape(120, 3)
    modules = OrderedDict(
        pad=nn.ZeroPad2d(pad),  # left, right, top, bottom
        conv1=nn.Conv2d(3, 6, 3, stride=2),
        bn1=nn.BatchNorm2d(6, eps=eps),
        act=nn.ReLU(),
        flat=nn.Flatten(),
        fc=nn.Linear(120, 3),
    )
    load(modules["conv1"], weight=to_pytorch_kernel(kernel), bias=bias)
    load(modules["bn1"], **batch_norm_to_pytorch(*norm))
    load(modules["fc"], weight=dense_kernel.T, bias=dense_bias)
    return nn.Sequential(modules).eval()


def load(module, **state):
    tensors = {name: torch.tensor(array) for name, array in state.items()}
    module.load_state_dict(tensors, strict=False)


# -- Record what each module makes
def record(port, images):
    arrays = {}

    def keep(name):
        def hook(module, inputs, y):
            if isinstance(y, tuple) and not isinstance(y, PackedSequence):
                y = y[0]  # an LSTM returns its state, too
            if isinstance(y, PackedSequence):
                y = padded(y, getattr(module, "bidirectional", False))
            calls = sum(key.split("#")[0] == name for key in arrays)
            key = f"{name}#{calls + 1}" if calls else name
            # a copy, as ReLU(inplace=True) changes y
            arrays[key] = y.detach().cpu().numpy().copy()

        return hook

    for name, module in port.named_modules():
        if module is port or not any(module.children()):
            module.register_forward_hook(keep(name or "output"))
    with torch.no_grad():
        port(images)
    return arrays


def padded(packed, is_bidirectional):
    y, lengths = pad_packed_sequence(packed, batch_first=True)
    if not is_bidirectional:  # where Keras has zeros behind the end, too
        for sample, length in zip(y, lengths):
            sample[length:] = sample[length - 1]
    return y


# -- Compare
images = torch.tensor(x).permute(0, 3, 1, 2)
for mistake in ("padding", "epsilon", "flatten", "none"):
    arrays = record(build_port(mistake), images)
    print(f"# Mistake: {mistake}\n{compare('model.keras', arrays, x)}\n")

# -- Compare a file
for mistake, optimize in (("padding", True), ("padding", False), ("none", True)):
    port = build_port(mistake)
    torch.onnx.export(port, (images,), "port.onnx", optimize=optimize, verbose=False)
    print(f"# Mistake: {mistake}, port.onnx, optimize={optimize}")
    print(f"{compare('model.keras', 'port.onnx', x)}\n")
