"""What layers of preprocessing, and of reshaping, refuse that no drawn case asks them: what
only a text, a vocabulary or two options together can have wrong. Each by name."""

import by_hand
import keras
import numpy as np
import pytest
from library.engine.refusals import for_each, read

ROW, IMAGE = [[1.0, 2.0]], np.ones((4, 6, 1))
WORDS, NUMBERS = {"vocabulary": ["ant", "bee"]}, {"vocabulary": [7, 9]}
LETTERS = {"vocabulary": ["a", "b"]}

TYPE_ERRORS = """
reshape(ROW, target_shape=(2.0,))
    -> target_shape must have the product 2, where one entry may be -1, not be (2.0,)
as_text([1]) -> texts must be an array of texts, not of 1
standardize_text(3, None) -> text must be a text, not 3
split_text(None, None) -> text must be a text, not None
find_indices(None, ["a"], [], None, 0, 0) -> inputs must be an array, not None
find_indices(["a"], "a", [], None, 0, 0) -> tokens must be a list, not 'a'
find_indices(["a"], ["a"], "", None, 0, 0) -> special must be a list, not ''
encode_indices([0], 3, 2.5, "count") -> depth must be a whole number of at least 1, not 2.5
list_tokens(["a"], "?") -> special must be a list, not '?'
join_ngrams("ab", 2) -> words must be a list, not 'ab'
string_lookup([["ant"], ["bee", "ant"]], **WORDS)
    -> inputs must be an array of texts, not of ['ant']
string_lookup(["ant"], vocabulary=[b"ant"])
    -> vocabulary must be a list of texts, not of others
string_lookup(["ant", None], **WORDS) -> inputs must be an array of texts, not of None
"""
VALUE_ERRORS = """
category_encoding([[1, -1]], num_tokens=3)
    -> x must not be below 0 for 'multi_hot', as -1 is
category_encoding([[1, 0]], [[1, 1]], num_tokens=3)
    -> count_weights must be None for output_mode='multi_hot', as 'count' alone takes it
resizing(IMAGE, height=2, width=2, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True)
    -> crop_to_aspect_ratio or pad_to_aspect_ratio must be False, not both True
find_indices(np.array(["a"]), [""], [""], "", 0, 0)
    -> inputs must be known for num_oov_indices=0
discretization([1.0], bin_boundaries=[0.0], num_bins=-1)
    -> num_bins must be a whole number of at least 0, not -1
string_lookup([], vocabulary=["ant"])
    -> inputs must have at least one text, not the shape (0,)
find_indices(["a"], ["a"], ["?"], None, 1, 0)
    -> tokens must begin with the special ones, ['?']
find_indices(["a"], ["?", "a"], ["?"], None, 2, 0)
    -> special must have 2 tokens, as num_oov_indices says, or one more, not 1
find_indices(["a"], ["?", "a"], ["?"], None, -1, 0)
    -> num_oov_indices must be a whole number of at least 0, not -1
find_indices([7], [-1, 7], [-1], None, 1, 1) -> buckets must be whole numbers from 0 to 0
find_indices([7], [-1, 7], [-1], None, 1, 0.5) -> buckets must be whole numbers from 0 to 0
find_indices([7], [-1, 7], [-1], None, 1, [0, 0])
    -> buckets must have the shape (1,), not (2,)
encode_indices([3], 3, 3, "count") -> indices must be whole numbers from -1 to 2
encode_indices([-2], 3, 3, "count") -> indices must be whole numbers from -1 to 2
encode_indices([0.5], 3, 3, "count") -> indices must be whole numbers from -1 to 2
encode_indices([0], 3, 2, "count") -> depth must be at least 3, as size is, not 2
encode_indices([0], 3, 3, "tf_idf")
    -> idf_weights must be 1 to 3 numbers for output_mode='tf_idf', not of the shape ()
encode_indices([0], 3, 3, "tf_idf", [1] * 4)
    -> idf_weights must be 1 to 3 numbers for output_mode='tf_idf', not of the shape (4,)
category_encoding([1], sparse=True, num_tokens=3)
    -> sparse must be False, not True: NumPy has no sparse arrays
discretization([1], sparse=True, bin_boundaries=[0])
    -> sparse must be False, not True: NumPy has no sparse arrays
integer_lookup([1], sparse=True, **NUMBERS)
    -> sparse must be False, not True: NumPy has no sparse arrays
string_lookup([1], sparse=True, **WORDS)
    -> sparse must be False, not True: NumPy has no sparse arrays
text_vectorization([1], sparse=True, **WORDS)
    -> sparse must be False, not True: NumPy has no sparse arrays
string_lookup(["ant"], vocabulary=["ant", "ant"])
    -> vocabulary must have tokens beside the special ones, and each once
string_lookup(["ant"], vocabulary=["[UNK]"])
    -> vocabulary must have tokens beside the special ones, and each once
string_lookup(["ant"], **WORDS, mask_token="bee")
    -> vocabulary must not have mask_token, 'bee', but at its start, before the OOV tokens
string_lookup(["ant"], **WORDS, max_tokens=2)
    -> max_tokens must be at least 3, as many as there are with the special ones, not 2
string_lookup(["ant"], **WORDS, pad_to_max_tokens=True)
    -> max_tokens must be given for pad_to_max_tokens
string_lookup(["ant"], **WORDS, output_mode="tf_idf")
    -> idf_weights must be given for output_mode='tf_idf'
string_lookup(["yak", "ant"], **WORDS, num_oov_indices=0)
    -> inputs must be in the vocabulary for num_oov_indices=0, which 'yak' is not
string_lookup([1], **WORDS, invert=True, output_mode="count")
    -> output_mode must be 'int' for invert, not 'count'
string_lookup([1], **WORDS, invert=True, oov_token="bee")
    -> oov_token must be a token that is not in the vocabulary for invert, not 'bee'
string_lookup([1], **WORDS, invert=True, oov_token=None)
    -> oov_token must be a token that is not in the vocabulary for invert, not None
integer_lookup([7], **NUMBERS, num_oov_indices=2, oov_method="farmhash")
    -> num_oov_indices must be 0 or 1 where Keras hashes with FarmHash64, not 2
text_vectorization([["a", "b"]], **LETTERS)
    -> inputs must have the shape (batch,) or (batch, 1) if split is 'whitespace', not (1,
    2)
text_vectorization("a", **LETTERS, split=None)
    -> inputs must have 1 axes or more, not the shape ()
text_vectorization(["a"], **LETTERS, output_mode="count", ragged=True)
    -> output_mode must be 'int' for output_sequence_length or ragged, not 'count'
standardize_text("a", "upper")
    -> standardize must be 'lower_and_strip_punctuation', 'lower', 'strip_punctuation' or
    None, not 'upper'
"""
REFUSED = read(TYPE_ERRORS, TypeError, globals())
REFUSED += read(VALUE_ERRORS, ValueError, globals())


@for_each(REFUSED)
def test_what_is_wrong_is_refused_by_name(row):
    row.check()


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
