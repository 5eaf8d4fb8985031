"""Overfitting: hints and solutions."""

# %%
# Go through the losses once. Keep the place of the best one, and compare each
# loss with it. When may you return before the end?


def stop_at(losses, patience):
    best = 0
    for step, loss in enumerate(losses):
        if loss < losses[best]:
            best = step
        if step == best + patience:
            break
    return best


for case, expected in [
    (([5, 4, 3, 4, 4, 1], 2), 2),  # it never sees the 1
    (([5, 4, 3, 4, 4, 1], 3), 5),
    (([9, 8, 7, 7], 5), 2),
]:
    assert stop_at(*case) == expected

# %%
# Take the model of "Build it" from ``starts[0]``, with both arguments in both
# layers, without the callback. ``train`` with ``decay=0.01`` does the same.


def keras_decayed(epochs):
    decay = {"kernel_regularizer": "l2", "bias_regularizer": "l2"}
    hidden = keras.layers.Dense(64, activation="relu", **decay)
    last = keras.layers.Dense(10, **decay)
    model = keras.Sequential([keras.Input((64,)), hidden, last])
    model.compile(keras.optimizers.SGD(0.3, momentum=0.9), loss)
    model.set_weights(starts[0])
    model.fit(x, t, batch_size=300, epochs=epochs, verbose=0)
    return model.get_weights()


path = train(starts[0], x, t, decay=0.01)
for epochs in (1, 10):
    for by_keras, by_hand in zip(keras_decayed(epochs), path[epochs - 1]):
        np.testing.assert_allclose(by_keras, by_hand, rtol=1e-4, atol=1e-4)
