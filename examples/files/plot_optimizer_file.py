r"""
Resume training: load_weights takes the optimizer's state, if it is built
=========================================================================

You load a checkpoint, train on, and the loss jumps. An optimizer with
momentum remembers a velocity :math:`v` for each weight :math:`w`.
``save_weights`` stores the velocities, but ``load_weights`` takes them only if
you first call ``model.optimizer.build(model.trainable_variables)``, or train.
(``load_model`` takes them from a ``.keras`` file.) With the gradient :math:`g`,
the momentum :math:`m` and the learning rate :math:`\eta`, each step is

.. math:: v \leftarrow m v - \eta \, g, \quad w \leftarrow w + v
"""

import tempfile
import warnings

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.optimizers import SGD, ScheduleFreeAdamW

# %%
# Build it
# --------
kernel = np.array([[2, -1, 3], [-3, 1, 5]])  # (features, units)
gradient = np.float32([[1, 2, 3], [4, 5, 6]])


def new_model(optimizer):
    dense = keras.layers.Dense(3, use_bias=False)
    model = keras.Sequential([keras.Input((2,)), dense])
    model.compile(optimizer)
    model.set_weights([kernel])
    return model


def step(model):
    tensor = keras.ops.convert_to_tensor(gradient)
    model.optimizer.apply([tensor], model.trainable_variables)  # as fit does
    return model.get_weights()[0]


model = new_model(SGD(2.0, momentum=0.5))
step(model)
folder = tempfile.TemporaryDirectory()  # removed at the end
path = f"{folder.name}/model.weights.h5"
model.save_weights(path)
resumed = new_model(SGD(2.0, momentum=0.5))
resumed.optimizer.build(resumed.trainable_variables)  # before it loads
resumed.load_weights(path)
model.save(f"{folder.name}/model.keras")
loaded = keras.models.load_model(f"{folder.name}/model.keras")

# %%
# Compute it
# ----------
# v begins with zeros, so the first step makes it minus 2 times the gradient.
v = -2 * gradient
w_1 = kernel + v
w_2 = w_1 + 0.5 * v - 2 * gradient

# %%
# Check it
# --------
# The file has the count of steps, the learning rate and the velocity.
with h5py.File(path) as file:
    stored = {n: array[()] for n, array in file["optimizer/vars"].items()}
np.testing.assert_equal(stored, {"0": 1, "1": 2, "2": v})
right = step(resumed)
np.testing.assert_equal([right, step(loaded)], [w_2, w_2])

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``keras.Model.load_weights`` leaves out the state of an optimizer that
#    isn't built, and only warns of it.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``ScheduleFreeAdamW``
#    keeps a copy of the weights that it was built with. If others are loaded
#    later, its first step goes back to the copy. So it does after
#    ``load_model`` of a file without its state: compile the model once more.
restarted = new_model(SGD(2.0, momentum=0.5))
with warnings.catch_warnings(record=True, action="always"):
    restarted.load_weights(path)
wrong = step(restarted)
np.testing.assert_array_equal(wrong, w_1 - 2 * gradient)
print("right:", right[0], "wrong:", wrong[0])
assert np.any(wrong != right)
free = new_model(ScheduleFreeAdamW(learning_rate=0.0))
free.optimizer.build(free.trainable_variables)
free.set_weights([kernel + 10])  # the weights of a file
np.testing.assert_allclose(step(free), kernel, rtol=1e-4)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for second, label in [(right, "resumed"), (wrong, "without the velocity")]:
    axis.plot([kernel[0, 0], w_1[0, 0], second[0, 0]], "o-", label=label)
axis.set(title="The second step", xlabel="step", ylabel="the first weight")
axis.legend()
plt.show()
