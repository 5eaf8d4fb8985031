"""Cases of lookups and of the vectorization of text."""

import by_hand
import keras
import numpy as np
from library.engine.cases import FLOAT32, Case
from library.engine.subjects import function, layer

WORDS = ["ant", "bee", "Bee", "éland", "", "[UNK]", "yak"]
MODES = ["one_hot", "multi_hot", "count", "tf_idf"]
# Marks, spaces and letters of many kinds, which are treated each in its own way.
LETTERS = list("aAbB cÉß'’-—.!\t\n\v\f\r\x1c\u00a0\u2003_")


def draw_output(draw, size, special):
    """How to return indices: the mode, its weights, and the length of its vectors."""
    config = draw.some(output_mode=MODES)
    if config and draw.flag():
        config |= {"pad_to_max_tokens": True, "max_tokens": size + special + 2}
    if config.get("output_mode") == "tf_idf":
        config["idf_weights"] = draw.positive(size).astype("float32").tolist()
    return config


def draw_shape(draw):
    return draw.one_of((2, 5), (7,), (2, 3, 4), (4, 1))


@layer("StringLookup", has_dtype=False, tolerance=FLOAT32, number=32)
def string_lookup(draw):
    config = {"vocabulary": draw.one_of(["ant", "éland", "bee"], ["bee", "cat"])}
    config |= draw.some(mask_token=["", "yak"], oov_token=["?", "yak"])
    if draw.number % 4 == 3:
        config |= {"invert": True, "num_oov_indices": draw.one_of(1, 0, 3)}
        return Case(config, (draw.tokens(6, *draw_shape(draw)),))
    config |= draw_output(draw, len(config["vocabulary"]), special=2)
    return Case(config, (draw.rng.choice(WORDS, size=draw_shape(draw)),))


@layer("IntegerLookup", has_dtype=False, tolerance=FLOAT32, number=32)
def integer_lookup(draw):
    config = {"vocabulary": draw.one_of([7, -3, 4], [4, 9])}
    config |= draw.some(mask_token=[11, -8], oov_token=[12, -5])
    config |= draw.some(num_oov_indices=[2, 3])
    numbers = draw.rng.choice([*range(-9, 13)], size=draw_shape(draw))
    if draw.number % 4 == 3:
        places = draw.tokens(6, *draw_shape(draw))
        return Case(config | {"invert": True}, (places,))
    config |= draw_output(draw, len(config["vocabulary"]), special=4)
    return Case(config, (numbers,))


VOCABULARY = ["a", "b", "a b", "É", "A", " ", "b a", "a b a"]


@layer("TextVectorization", has_dtype=False, tolerance=FLOAT32, number=40)
def text_vectorization(draw):
    config = {"vocabulary": draw.one_of(VOCABULARY, VOCABULARY[::-1])}
    config |= draw.some(
        standardize=["lower", "strip_punctuation", None],
        split=["character", None],
        ngrams=[2, 1, (2,), (3, 1)],
    )
    config |= draw_output(draw, len(VOCABULARY), special=2)
    if config.get("output_mode") == "one_hot":  # which is not documented
        config["output_mode"] = "count"
    if "output_mode" not in config:
        config |= draw.some(output_sequence_length=[2, 4, 30])
    lengths = draw.ints(4, 0, 12)
    texts = ["".join(draw.rng.choice(LETTERS, size=n)) for n in lengths]
    texts += ["a b a", "A, b!"]
    x = np.array(texts)
    if config.get("split", "whitespace") is None or draw.flag():
        x = x[:, np.newaxis]
    return Case(config, (x,))


def vectorize_ragged(inputs, vocabulary, ragged=False, output_sequence_length=None):
    layer = keras.layers.TextVectorization(
        vocabulary=vocabulary,
        ragged=ragged,
        output_sequence_length=output_sequence_length,
    )
    return [np.array(row) for row in layer(inputs).to_list()]


@function(vectorize_ragged, by_hand.text_vectorization)
def ragged(draw):
    config = {"vocabulary": draw.one_of(["a", "b"], ["b", "a"]), "ragged": True}
    config |= draw.some(output_sequence_length=[1, 2])
    rows = [" ".join(draw.rng.choice(["a", "b", "c"], size=n)) for n in (3, 1, 4)]
    return Case(config, (np.array(rows),))


# -- What adapt() learns


def tokens_of_keras(tokens, mask_token, oov_token, most=None):
    special = 1 if mask_token is None else 2
    layer = keras.layers.StringLookup(
        max_tokens=most and most + special, mask_token=mask_token, oov_token=oov_token
    )
    layer.adapt(tokens)
    return np.array(layer.get_vocabulary()[special:])


def as_array_of_text(*args, **options):
    return np.array(by_hand.learn_tokens(*args, **options))


@function(tokens_of_keras, as_array_of_text, name="learn_tokens")
def learn_tokens(draw):
    tokens = draw.rng.choice(WORDS[:4] + WORDS[5:], size=25)
    config = {"mask_token": draw.one_of("ant", "bee", None)}
    config |= {"oov_token": draw.one_of("[UNK]", "yak"), **draw.some(most=[2, 3])}
    return Case(config, (tokens,))


def idf_of_keras(documents, tokens):
    width = max(map(len, documents))
    layer = keras.layers.StringLookup(output_mode="tf_idf")
    layer.adapt(np.array([row + [""] * (width - len(row)) for row in documents]))
    layer.save_own_variables(learned := {})
    weights = dict(zip(layer.get_vocabulary(), np.asarray(learned["idf_weights"])))
    return np.array([weights[token] for token in tokens])


@function(idf_of_keras, by_hand.learn_idf, tolerance=FLOAT32)
def learn_idf(draw):
    words = ["ant", "bee", "yak", "cat"]
    documents = [draw.rng.choice(words, size=n).tolist() for n in (6, 2, 5, 1)]
    found = sorted({word for row in documents for word in row})
    return Case(
        {"documents": documents, "tokens": draw.rng.permutation(found).tolist()}, ()
    )
