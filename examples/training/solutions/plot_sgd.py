"""SGD: hints and solutions."""

# %%
# At the end the velocity no longer changes: put the same letter on both sides
# of its equation.


def velocity_after(steps, rate, momentum):
    velocity = 0
    for _ in range(steps):
        velocity = momentum * velocity - rate
    return velocity  # comes to -rate / (1 - momentum)


for rate, momentum in [(1, 0.9), (0.5, 0.75), (2, 0.25)]:
    assert velocity_after(2, rate, momentum) == -rate * (1 + momentum)
    at_last = velocity_after(500, rate, momentum)
    assert np.isclose(at_last, -rate / (1 - momentum))

# %%
# The velocity is that of "Compute it". Only the move differs: it takes three
# quarters of the new velocity, and the plain step once more.


def nesterov(steps):
    w, velocity = start, np.zeros(2)
    for _ in range(steps):
        step = -1 / 32 * w * curvature
        velocity = 0.75 * velocity + step
        w = w + 0.75 * velocity + step
    return w


for steps in (1, 2, 5):
    by_keras = keras_sgd([1 / 32] * steps, **options["Nesterov"])[-1]
    np.testing.assert_allclose(nesterov(steps), by_keras, rtol=1e-4)
