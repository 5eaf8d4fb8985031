r"""
GPTQ or AWQ: "expected 5 variables, but received 4 variables"
=============================================================

In GPTQ or AWQ, ``load_weights`` of a model with a ``Dense`` layer fails with
this error (in AWQ, 6 and 5). The file has no zero points z. Without them nobody
can compute the weights s (q - z) from the integers q and the scales s. Quantize
the model again, and save the arrays yourself.
"""

import tempfile

import keras
import numpy as np

# %%
# Build it
# --------
# Six units, eight features. The dtype has mode, bits, group size. An .npz file
# has the arrays of one layer by name: each layer gets its own. Tell a new layer
# it is calibrated (in AWQ, ``is_awq_calibrated = True``), or it cannot predict.

folder = tempfile.TemporaryDirectory()  # removed at the end
path = f"{folder.name}/model.weights.h5"
rng = np.random.default_rng(313)


def new_model(mode):
    layer = keras.layers.Dense(6, dtype=f"{mode}/4/4_from_float32")
    model = keras.Sequential([keras.Input(shape=(8,)), layer])
    for weight in layer.weights:
        weight.assign(rng.integers(0, 2, size=weight.shape))
    layer.is_gptq_calibrated = mode == "gptq"
    return model, layer


model, layer = new_model("gptq")
arrays = {weight.name: weight.numpy() for weight in layer.weights}
np.savez(f"{folder.name}/layer.npz", **arrays)

restored, restored_layer = new_model("gptq")
with np.load(f"{folder.name}/layer.npz") as saved:
    for weight in restored_layer.weights:
        weight.assign(saved[weight.name])

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, error:** A ``Dense``
#    layer in GPTQ or AWQ writes no zero points, and then its file cannot be
#    loaded. (`Fixed since <https://github.com/keras-team/keras/pull/23321>`__.)

x = np.eye(8)
np.testing.assert_equal(restored.predict_on_batch(x), model.predict_on_batch(x))
for mode in ("gptq", "awq"):
    model, layer = new_model(mode)
    model.save_weights(path, overwrite=True)
    with np.testing.assert_raises(ValueError) as caught:
        model.load_weights(path)
    print(caught.exception)
