"""Backpropagation: hints and solutions."""

# %%
# Put the lines of "Compute it" into a function. None of them needs to change:
# ``y.size`` fits any size.


def gradients_of(x, target, weights):
    kernel_1, bias_1, kernel_2, bias_2 = weights
    z = x @ kernel_1 + bias_1  # (batch, hidden)
    h = np.maximum(0, z)
    y_gradient = 2 * (h @ kernel_2 + bias_2 - target) / target.size
    z_gradient = y_gradient @ kernel_2.T * (z > 0)
    first = [x.T @ z_gradient, np.sum(z_gradient, axis=0)]
    return [*first, h.T @ y_gradient, np.sum(y_gradient, axis=0)]


for hidden, units in [(5, 2), (3, 4)]:
    shapes = [(2, hidden), (hidden,), (hidden, units), (units,)]
    fresh = [rng.normal(size=shape) for shape in shapes]
    x_1, target_1 = rng.normal(size=(7, 2)), rng.normal(size=(7, units))
    for place, found in enumerate(gradients_of(x_1, target_1, fresh)):
        assert np.shape(found) == shapes[place]
        losses, direction = [], rng.normal(size=shapes[place])
        for sign in (1, -1):  # the loss a little to both sides
            moved = [weight + 0 for weight in fresh]
            moved[place] = moved[place] + sign * 1e-6 * direction
            h_1 = np.maximum(0, x_1 @ moved[0] + moved[1])
            losses.append(np.mean((h_1 @ moved[2] + moved[3] - target_1) ** 2))
        slope = (losses[0] - losses[1]) / 2e-6
        by_hand = np.sum(found * direction)
        np.testing.assert_allclose(by_hand, slope, rtol=1e-3, atol=1e-5)

# %%
# The largest entry of ``x @ kernel_1[:, unit]``, plus the bias, must be below
# zero. Copy the bias before you change it: ``bias_1.copy()``.


def kill(weights, unit):
    kernel_1, bias_1, kernel_2, bias_2 = weights
    bias_1 = bias_1.copy()
    bias_1[unit] = -1 - np.max(x @ kernel_1[:, unit])
    return [kernel_1, bias_1, kernel_2, bias_2]


# No weight of a dead unit learns: each gradient has a factor that is 0 in every
# sample, ``h`` or the slope of relu.
for unit in range(6):
    killed = kill(weights, unit)
    model.set_weights(killed)
    model.train_on_batch(x, target)
    after = model.get_weights()
    for old, new, before in zip(killed, after, weights):
        assert np.sum(old != before) == (1 if old.shape == (6,) else 0)
        if len(new) == 6:  # one row of the second kernel, or one bias
            np.testing.assert_array_equal(new[unit], np.float32(old[unit]))
    np.testing.assert_array_equal(after[0][:, unit], killed[0][:, unit])
    assert np.any(after[3] != killed[3])  # others do learn
