r"""
Resume training: the optimizer's state is in the file, too
==========================================================

An optimizer with momentum remembers a velocity :math:`v` for each weight.
``save_weights`` stores these, too, so that training goes on where it stopped.
With the gradient :math:`g` of a weight :math:`w`, each step is:

.. math::

   v &\leftarrow \text{momentum} \cdot v - \text{learning rate} \cdot g \\
   w &\leftarrow w + v
"""

import pathlib
import tempfile
import warnings

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``apply`` is what ``fit`` calls with its gradients. Here we choose them.

kernel = np.array([[2, -1, 3], [-3, 1, 5]])  # (features, units)
gradient = np.array([[1, 2, 3], [4, 5, 6]])


def new_model():
    dense = keras.layers.Dense(3, use_bias=False)
    model = keras.Sequential([keras.Input((2,)), dense])
    model.compile(keras.optimizers.SGD(2.0, momentum=0.5, name="sgd"))
    return model


def step(model):
    tensor = keras.ops.convert_to_tensor(gradient, "float32")
    model.optimizer.apply([tensor], model.trainable_variables)
    return model.get_weights()[0]


model = new_model()
model.set_weights([kernel])
step(model)
folder = tempfile.TemporaryDirectory()
path = pathlib.Path(folder.name) / "model.weights.h5"
model.save_weights(path)

# %%
# Compute it
# ----------


def momentum_step(w, velocity, gradient, learning_rate, momentum):
    """The next w and velocity, of the shape of w (Keras documentation, SGD)."""
    velocity = momentum * velocity - learning_rate * gradient
    return w + velocity, velocity


kernel_1, velocity_1 = momentum_step(kernel, 0, gradient, 2, 0.5)
kernel_2, _ = momentum_step(kernel_1, velocity_1, gradient, 2, 0.5)

# %%
# Check it
# --------
# The optimizer's arrays have numbers: the count of steps, the learning rate,
# and then a velocity for each weight.

with h5py.File(path) as file:
    stored = file["optimizer/vars"]
    np.testing.assert_equal(sorted(stored), ["0", "1", "2"])
    np.testing.assert_equal(stored["0"][()], 1)
    np.testing.assert_equal(stored["1"][()], 2)
    np.testing.assert_array_equal(stored["2"][()], velocity_1)

# %%
# Another model that loads the file takes the same second step. Its optimizer
# must be built before, so that it has velocities to be loaded.

resumed = new_model()
resumed.optimizer.build(resumed.trainable_variables)
resumed.load_weights(path)
resumed_kernel = step(resumed)
np.testing.assert_array_equal(resumed_kernel, kernel_2)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``ScheduleFreeAdamW``
#    keeps a copy of the weights that it was built with. If others are loaded
#    later, its first step goes back to the copy. So it does after
#    ``load_model`` of a file without its state: compile the model once more.

free = keras.optimizers.ScheduleFreeAdamW(learning_rate=0.0)
model.compile(free)
free.build(model.trainable_variables)
model.set_weights([kernel + 10])  # the weights of a file
np.testing.assert_allclose(step(model), kernel_1, rtol=1e-4)
model.compile(keras.optimizers.ScheduleFreeAdamW(learning_rate=0.0))
model.set_weights([kernel + 10])
np.testing.assert_allclose(step(model), kernel + 10, rtol=1e-4)

# %%
# Break it
# --------
# Would you load the weights right after ``compile``?
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``keras.Model.load_weights`` leaves out the state of an optimizer that
#    isn't built, and only warns of it.

restarted = new_model()
with warnings.catch_warnings(record=True, action="always") as caught:
    restarted.load_weights(path)
print(caught[0].message)
folder.cleanup()
np.testing.assert_array_equal(restarted.get_weights()[0], kernel_1)
restarted_kernel = step(restarted)
np.testing.assert_array_equal(restarted_kernel, kernel_1 - 2 * gradient)
assert np.any(restarted_kernel != kernel_2)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
before = [kernel[0, 0], kernel_1[0, 0]]
axis.plot([*before, resumed_kernel[0, 0]], "o-", label="resumed")
axis.plot([*before, restarted_kernel[0, 0]], "s--", label="without velocities")
axis.set(title="The second step depends on the first", xlabel="step")
axis.set(ylabel="a weight", xticks=[0, 1, 2])
axis.legend()
plt.show()
