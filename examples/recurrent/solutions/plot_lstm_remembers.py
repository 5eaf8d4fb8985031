"""LSTM remembers: hints and solutions."""

# %%
# Each step multiplies the cell state by f. Which f leaves ``part`` after all
# steps? Then solve 1 / (1 + exp(-b)) = f for b.


def bias_for(part, steps):
    f = part ** (1 / steps)
    return np.log(f / (1 - f))


for part, steps_later in [(0.5, 1), (0.5, 40), (0.9, 100), (0.01, 7)]:
    gate = sigmoid(bias_for(part, steps_later))
    np.testing.assert_allclose(gate**steps_later, part, rtol=1e-6)

# %%
# Here a step has one part only: z. Its slope is that of tanh, 1 - h².


def simple_gradients(x, kernel, recurrent_kernel, bias, delta):
    states = [np.zeros(len(bias))]
    for t in range(len(x)):
        z = x[t] @ kernel + states[t] @ recurrent_kernel + bias
        states.append(np.tanh(z))
    at_x = np.zeros(x.shape)
    for t in reversed(range(len(x))):
        at_z = delta * (1 - states[t + 1] ** 2)
        at_x[t], delta = at_z @ kernel.T, at_z @ recurrent_kernel.T
    return at_x


for seed in (0, 1):
    simple = keras.Sequential([keras.Input((steps, 2)), SimpleRNN(5), Dense(1)])
    fresh = np.random.default_rng(seed)
    drawn = [fresh.normal(0, 0.5, w.shape) for w in simple.get_weights()]
    simple.set_weights(drawn)
    *simple_weights, simple_at_h, _ = drawn
    found = simple_gradients(x, *simple_weights, simple_at_h[:, 0])
    np.testing.assert_allclose(found[:, 0], slopes_of(simple, x), atol=0.01)
