"""What layers of preprocessing, and of reshaping, refuse that no drawn case asks them: what
only a text, a vocabulary or two options together can have wrong. Each by name."""

import by_hand
import keras
import numpy as np
import pytest

ROW, IMAGE = [[1.0, 2.0]], np.ones((4, 6, 1))
WORDS, NUMBERS = {"vocabulary": ["ant", "bee"]}, {"vocabulary": [7, 9]}
TEXTS = "an array of texts, not of"
ROOM = (
    "max_tokens must be at least 3, as many as there are with the special ones, not 2"
)
TOKENS = "vocabulary must have tokens beside the special ones, and each once"
RESERVED = "but at its start, before the OOV tokens"
INVERTED = "oov_token must be a token that is not in the vocabulary for invert, not"
PRODUCT = "target_shape must have the product 2, where one entry may be -1, not be"
SPARSE = "sparse must be False, not True: NumPy has no sparse arrays"
ONE = "num_oov_indices must be 0 or 1 where Keras hashes with FarmHash64, not"
LETTERS = {"vocabulary": ["a", "b"]}

# The function, its arguments, by place and by name, and what it says.
WRONG = [
    ("reshape", (ROW,), {"target_shape": 2}, f"{PRODUCT} 2"),
    ("reshape", (ROW,), {"target_shape": (2.0,)}, f"{PRODUCT} (2.0,)"),
    ("rescaling", (ROW,), {"scale": None}, "scale must be an array of numbers, not"),
    ("normalization", (ROW,), {"mean": 1}, "mean and variance must be given"),
    (
        "category_encoding",
        ([[1, -1]],),
        {"num_tokens": 3},
        "x must not be below 0 for 'multi_hot', as -1 is",
    ),
    (
        "category_encoding",
        ([[1, 0]], [[1, 1]]),
        {"num_tokens": 3},
        "count_weights must be None for output_mode='multi_hot', as 'count' alone takes it",
    ),
    (
        "resizing",
        (IMAGE,),
        {
            "height": 2,
            "width": 2,
            "crop_to_aspect_ratio": True,
            "pad_to_aspect_ratio": True,
        },
        "crop_to_aspect_ratio or pad_to_aspect_ratio must be False, not both True",
    ),
    ("as_text", ([1],), {}, f"texts must be {TEXTS} 1"),
    (
        "find_indices",
        (np.array(["a"]), [""], [""], "", 0, 0),
        {},
        "inputs must be known",
    ),
    (
        "discretization",
        ([1.0],),
        {"bin_boundaries": [0.0], "num_bins": -1},
        "num_bins must be a whole number of at least 0, not -1",
    ),
    (
        "string_lookup",
        ([],),
        {"vocabulary": ["ant"]},
        "inputs must have at least one text, not the shape (0,)",
    ),
    ("standardize_text", (3, None), {}, "text must be a text, not 3"),
    ("split_text", (None, None), {}, "text must be a text, not None"),
    *[
        ("find_indices", args, {}, message)
        for args, message in [
            ((None, ["a"], [], None, 0, 0), "inputs must be an array, not None"),
            ((["a"], "a", [], None, 0, 0), "tokens must be a list, not 'a'"),
            ((["a"], ["a"], "", None, 0, 0), "special must be a list, not ''"),
            (
                (["a"], ["a"], ["?"], None, 1, 0),
                "tokens must begin with the special ones",
            ),
            ((["a"], ["?", "a"], ["?"], None, 2, 0), "special must have 2 tokens"),
            (
                (["a"], ["?", "a"], ["?"], None, -1, 0),
                "num_oov_indices must be a whole",
            ),
            (
                ([7], [-1, 7], [-1], None, 1, 1),
                "buckets must be whole numbers from 0 to 0",
            ),
            (
                ([7], [-1, 7], [-1], None, 1, 0.5),
                "buckets must be whole numbers from 0 to",
            ),
            (([7], [-1, 7], [-1], None, 1, [0, 0]), "buckets must have the shape (1,)"),
        ]
    ],
    *[
        ("encode_indices", args, {}, message)
        for args, message in [
            (([3], 3, 3, "count"), "indices must be whole numbers from -1 to 2"),
            (([-2], 3, 3, "count"), "indices must be whole numbers from -1 to 2"),
            (([0.5], 3, 3, "count"), "indices must be whole numbers from -1 to 2"),
            (([0], 3, 2, "count"), "depth must be at least 3, as size is, not 2"),
            (([0], 3, 2.5, "count"), "depth must be a whole number of at least 1"),
            (([0], 3, 3, "tf_idf"), "idf_weights must be 1 to 3 numbers"),
            (([0], 3, 3, "tf_idf", [1] * 4), "idf_weights must be 1 to 3 numbers"),
        ]
    ],
    *[
        (name, ([1],), {"sparse": True, **options}, SPARSE)
        for name, options in {
            "category_encoding": {"num_tokens": 3},
            "discretization": {"bin_boundaries": [0]},
            "integer_lookup": NUMBERS,
            "string_lookup": WORDS,
            "text_vectorization": WORDS,
        }.items()
    ],
    ("permute", (ROW,), {"dims": (True,)}, "dims must be the axes 1 to 1 of x in any"),
    ("reshape", (ROW,), {"target_shape": (2, True)}, f"{PRODUCT} (2, True)"),
    (
        "max_pooling1d",
        ([ROW],),
        {"pool_size": True},
        "pool_size must be a whole number of at least 1, not True",
    ),
    (
        "up_sampling2d",
        (IMAGE[np.newaxis],),
        {"interpolation": None},
        "interpolation must be 'nearest', 'bilinear', 'bicubic', 'lanczos3' or "
        "'lanczos5', not None",
    ),
    ("list_tokens", (["a"], "?"), {}, "special must be a list, not '?'"),
    ("join_ngrams", ("ab", 2), {}, "words must be a list, not 'ab'"),
    ("string_lookup", ([3],), WORDS, f"inputs must be {TEXTS} 3"),
    ("string_lookup", (["ant", None],), WORDS, f"inputs must be {TEXTS} None"),
    (
        "string_lookup",
        ([["ant"], ["bee", "ant"]],),
        WORDS,
        f"inputs must be {TEXTS} ['ant']",
    ),
    (
        "string_lookup",
        (["ant"],),
        {"vocabulary": "ant"},
        "vocabulary must be a list, not 'ant'",
    ),
    (
        "string_lookup",
        (["ant"],),
        {"vocabulary": [b"ant"]},
        "vocabulary must be a list of texts, not of others",
    ),
    (
        "string_lookup",
        (["ant"],),
        {**WORDS, "mask_token": 3},
        "mask_token must be a text or None, not 3",
    ),
    ("string_lookup", (["ant"],), {"vocabulary": ["ant", "ant"]}, TOKENS),
    ("string_lookup", (["ant"],), {"vocabulary": ["[UNK]"]}, TOKENS),
    (
        "string_lookup",
        (["ant"],),
        {**WORDS, "mask_token": "bee"},
        f"vocabulary must not have mask_token, 'bee', {RESERVED}",
    ),
    ("string_lookup", (["ant"],), {**WORDS, "max_tokens": 2}, ROOM),
    (
        "string_lookup",
        (["ant"],),
        {**WORDS, "pad_to_max_tokens": True},
        "max_tokens must be given for pad_to_max_tokens",
    ),
    (
        "string_lookup",
        (["ant"],),
        {**WORDS, "output_mode": "tf_idf"},
        "idf_weights must be given for output_mode='tf_idf'",
    ),
    (
        "string_lookup",
        (["ant"],),
        {**WORDS, "idf_weights": [1.0, 2.0]},
        "idf_weights must be None for output_mode='int'",
    ),
    (
        "string_lookup",
        (["yak", "ant"],),
        {**WORDS, "num_oov_indices": 0},
        "inputs must be in the vocabulary for num_oov_indices=0, which 'yak' is not",
    ),
    (
        "string_lookup",
        (["ant"],),
        {**WORDS, "num_oov_indices": 2},
        f"{ONE} 2",
    ),
    (
        "string_lookup",
        ([1],),
        {**WORDS, "invert": True, "output_mode": "count"},
        "output_mode must be 'int' for invert, not 'count'",
    ),
    (
        "string_lookup",
        ([1],),
        {**WORDS, "invert": True, "oov_token": "bee"},
        f"{INVERTED} 'bee'",
    ),
    (
        "string_lookup",
        ([1],),
        {**WORDS, "invert": True, "oov_token": None},
        f"{INVERTED} None",
    ),
    (
        "string_lookup",
        (["1"],),
        {**WORDS, "invert": True},
        "inputs must be an array of numbers, not of text",
    ),
    (
        "integer_lookup",
        ([7],),
        {"vocabulary": [7.5]},
        "vocabulary must be a list of whole numbers, not of others",
    ),
    (
        "integer_lookup",
        ([7],),
        {**NUMBERS, "oov_token": "?"},
        "oov_token must be a whole number or None, not '?'",
    ),
    (
        "integer_lookup",
        ([7],),
        {**NUMBERS, "num_oov_indices": 2, "oov_method": "farmhash"},
        f"{ONE} 2",
    ),
    ("text_vectorization", ([3],), LETTERS, f"inputs must be {TEXTS} 3"),
    (
        "text_vectorization",
        ([["a", "b"]],),
        LETTERS,
        "inputs must have the shape (batch,) or (batch, 1) if split is 'whitespace', "
        "not (1, 2)",
    ),
    (
        "text_vectorization",
        ("a",),
        {**LETTERS, "split": None},
        "inputs must have 1 axes or more, not the shape ()",
    ),
    (
        "text_vectorization",
        (["a"],),
        {**LETTERS, "ngrams": (0,)},
        "ngrams must be a whole number of at least 1, not 0",
    ),
    (
        "text_vectorization",
        (["a"],),
        {**LETTERS, "output_mode": "count", "output_sequence_length": 2},
        "output_mode must be 'int' for output_sequence_length or ragged, not 'count'",
    ),
    (
        "text_vectorization",
        (["a"],),
        {**LETTERS, "output_mode": "count", "ragged": True},
        "output_mode must be 'int' for output_sequence_length or ragged, not 'count'",
    ),
    (
        "standardize_text",
        ("a", "upper"),
        {},
        "standardize must be 'lower_and_strip_punctuation', 'lower', "
        "'strip_punctuation' or None, not 'upper'",
    ),
]


def calls():
    """Yield all of these: (function, arguments, keywords)."""
    for name, args, keywords, _ in WRONG:
        yield getattr(by_hand, name), args, keywords


@pytest.mark.parametrize("name, args, keywords, message", WRONG)
def test_what_is_wrong_is_refused_by_name(name, args, keywords, message):
    with pytest.raises((TypeError, ValueError)) as raised:
        getattr(by_hand, name)(*args, **keywords)
    assert str(raised.value).startswith(f"{name}: {message}")


@pytest.mark.parametrize("text", ["Bilinear", "NEAREST"])
def test_only_up_sampling_takes_capitals(text):
    options = {"size": 2, "interpolation": text}
    y = keras.layers.UpSampling2D(dtype="float64", **options)(IMAGE[np.newaxis])
    np.testing.assert_allclose(by_hand.up_sampling2d(IMAGE[np.newaxis], **options), y)
    with pytest.raises(ValueError, match="^resizing: interpolation must be"):
        by_hand.resizing(IMAGE, height=2, width=2, interpolation=text)


@pytest.mark.parametrize("mode", ["multi_hot", "count", "one_hot"])
@pytest.mark.parametrize("x", [[[1, 7]], [[[1, -2]]], [[-0.5, 2.9]], 3, [True, False]])
def test_categories_out_of_range_are_taken_as_keras_takes_them(mode, x):
    y = keras.layers.CategoryEncoding(3, output_mode=mode)(np.array(x))
    expected = by_hand.category_encoding(x, num_tokens=3, output_mode=mode)
    np.testing.assert_array_equal(y, expected)


def test_lookups_take_whole_parts_and_bytes():
    x = np.array([7.9, 9.0, 2.0])
    y = keras.layers.IntegerLookup(**NUMBERS)(x)
    np.testing.assert_array_equal(y, by_hand.integer_lookup(x, **NUMBERS))
    y = by_hand.string_lookup([b"bee", "yak"], **WORDS)
    np.testing.assert_array_equal(y, [2, 0])


def test_a_vectorization_may_be_of_no_words():
    layer = keras.layers.TextVectorization(**LETTERS, output_sequence_length=0)
    y = by_hand.text_vectorization(["a b"], **LETTERS, output_sequence_length=0)
    assert y.shape == layer(["a b"]).shape == (1, 0)


def test_standardize_and_split_may_be_functions_of_ones_own():
    own = {"standardize": str.upper, "split": lambda text: text.split("-")}
    y = by_hand.text_vectorization(["a-b", "b"], vocabulary=["A", "B"], **own)
    np.testing.assert_array_equal(y, [[2, 3], [3, 0]])
