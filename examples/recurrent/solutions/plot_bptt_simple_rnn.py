"""Backpropagation through time: hints and solutions."""

# %%
# Put the loop forwards into the function, and add up the losses as it goes.


def loss_with(recurrent_kernel):
    h, loss = np.zeros((2, 2)), 0
    for t in range(4):
        h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
        loss += np.sum((h - target[:, t]) ** 2) / 2
    return loss


for place in np.ndindex(2, 2):
    change = np.zeros((2, 2))
    change[place] = 1e-5
    above = loss_with(recurrent_kernel + change)
    below = loss_with(recurrent_kernel - change)
    slope = (above - below) / 2e-5
    np.testing.assert_allclose(slope, of_recurrent_kernel[place], rtol=1e-4)
    at_zero = loss_with(0 * recurrent_kernel)  # each step for itself
    alone = np.tanh(x @ kernel + bias) - target
    np.testing.assert_allclose(at_zero, np.sum(alone**2) / 2)

# %%
# Count the steps in a loop, or solve part**steps = 0.01 with a logarithm.


def steps_back(part):
    steps = 0
    while part**steps >= 0.01:
        steps += 1
    return steps


for part in (0.05, 0.5, 0.9, 0.99):
    steps = steps_back(part)
    assert part**steps < 0.01 <= part ** (steps - 1)
