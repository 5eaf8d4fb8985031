"""GPT in NumPy: hints and solutions."""

# %%
# Softmax of the logits gives a probability to each next word. The probability
# of a line is the product of those of its words. What is missing goes to lines
# that break a rule.


def probability(lines):
    p = softmax(gpt(lines[:, :-1], weights))  # (lines, steps, words)
    p = np.take_along_axis(p, lines[:, 1:, np.newaxis], axis=-1)
    return np.prod(p[..., 0], axis=1)  # (lines,)


for of_anna in [text[text[:, 0] == text[0, 0]]]:
    backwards = of_anna[:, ::-1]
    of_both = probability(np.concatenate([of_anna, backwards]))
    assert 0.7 < np.sum(of_both[:112]) < 1 and np.sum(of_both[112:]) < 0.01


# %%
# Compare ``gpt`` of a few lines with ``gpt`` of the same lines, changed at t.
# No step sees a later one, so all steps before t keep their logits, and their
# keys and values. Programs keep these, in a "KV cache".


def changed_steps(t):
    words = held_out[:1, :-1].copy()
    before = gpt(words, weights)[0]  # (steps, words)
    words[0, t] = (words[0, t] + 1) % 30
    after = gpt(words, weights)[0]
    return [step for step in range(12) if np.any(before[step] != after[step])]


assert [changed_steps(t)[0] for t in range(12)] == list(range(12))
