"""SimpleRNN: hints and solutions."""

# %%
# Turn the words into tokens, and the tokens into rows. The scores at the last
# step say what follows.


def guess(words):
    tokens = [vocabulary.index(word) for word in words]
    vectors = embedding.get_weights()[0][[tokens]]  # (1, steps, features)
    h = read_words(vectors, *layer.get_weights())[0, -1]
    kernel, bias = dense.get_weights()
    return vocabulary[np.argmax(h @ kernel + bias)]


for row, length in [(0, 2), (50, 4), (100, 6), (200, 9), (800, 12)]:
    scores = model.predict_on_batch(text[row : row + 1, :length])[0, -1]
    assert guess(lines[row].split()[:length]) == vocabulary[np.argmax(scores)]

# %%
# The first unit takes the input and nothing of the state. The second takes
# nothing of the input. Row i of the recurrent kernel says where unit i goes.


def memory():
    kernel = np.array([[1, 0]])  # (features, units)
    recurrent_kernel = np.array([[0, 1], [0, 0]])  # (units, units)
    return kernel, recurrent_kernel, np.zeros(2)


for steps in (3, 8):
    feature = np.random.default_rng(steps).normal(size=(2, steps, 1))
    unit = np.tanh(feature[..., 0])  # (batch, steps)
    found = read_words(feature, *memory())
    np.testing.assert_allclose(found[..., 0], unit)
    np.testing.assert_allclose(found[:, 1:, 1], np.tanh(unit[:, :-1]))
