"""Arguments that a function cannot compute are refused in one line that names them."""

import by_hand
import numpy as np
import pytest

X = np.ones((2, 3, 4))
WORDS = {"vocabulary": ["ant", "bee"]}

# The function, its arguments, those by keyword, the kind of error and what it says.
WRONG = [
    ("crop", (X,), {"cropping": 2}, ValueError, "2 and 2 leave nothing of 3"),
    ("dot", ([X, X],), {"axes": 0}, ValueError, "Dot cannot sum over the batch"),
    ("dot", ([X, X],), {"axes": (1, -3)}, ValueError, "Dot cannot sum over the batch"),
    (
        "reduce_losses",
        (np.ones(3),),
        {"reduction": "none"},
        ValueError,
        "unknown reduction: none",
    ),
    (
        "read_dense",
        ({"0": np.ones(3)},),
        {},
        ValueError,
        "The file has 1 arrays, not ['kernel', 'bias'].",
    ),
    (
        "string_lookup",
        (["cat"],),
        {**WORDS, "num_oov_indices": 0},
        ValueError,
        "With num_oov_indices=0, all inputs must be known",
    ),
    (
        "string_lookup",
        (["cat"],),
        {**WORDS, "num_oov_indices": 2},
        NotImplementedError,
        "FarmHash64, for num_oov_indices > 1",
    ),
    (
        "integer_lookup",
        ([5],),
        {"vocabulary": [7], "num_oov_indices": 2, "oov_method": "farmhash"},
        NotImplementedError,
        "FarmHash64 of unknown numbers",
    ),
]


@pytest.mark.parametrize(("name", "args", "keywords", "error", "message"), WRONG)
def test_wrong_arguments_are_refused(name, args, keywords, error, message):
    with pytest.raises(error) as raised:
        getattr(by_hand, name)(*args, **keywords)
    assert str(raised.value) == message


def test_known_words_need_no_index_for_unknown_ones():
    y = by_hand.string_lookup(["bee", "ant"], **WORDS, num_oov_indices=0)
    np.testing.assert_array_equal(y, [1, 0])


def test_text_is_standardized_and_split_by_functions_of_ones_own():
    y = by_hand.text_vectorization(
        ["a-b"],
        vocabulary=["A", "B"],
        standardize=str.upper,
        split=lambda t: t.split("-"),
    )
    np.testing.assert_array_equal(y, [[2, 3]])
