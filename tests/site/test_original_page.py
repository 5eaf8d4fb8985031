"""The original page's numbers, against what ours prints on the site."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from project import ROOT, SITE, html_of

ORIGINAL = json.loads(Path(__file__).with_name("original_page.json").read_text())
PAGE = ROOT / "examples/dense/plot_original_page.py"


@pytest.fixture(scope="module")
def printed():
    """What the page prints: {"no_bias predict": array, ...} and its whole text."""
    page = BeautifulSoup((SITE / html_of(PAGE)).read_text(), "html.parser")
    outputs = page.select(".sphx-glr-script-out pre")
    text = "".join(f"{output.get_text().strip()}\n" for output in outputs)
    blocks = re.findall(r"^(\w+ \w+|kernel)\n(\[.*?\])$(?!\n \[)", text, re.M | re.S)
    arrays = {}
    for name, rows in blocks:
        values = re.sub(r"[\[\]]", " ", rows).split()
        arrays[name] = np.array(values, "float64").reshape(-1, 5).squeeze()
    return arrays, text


def test_kernel_is_the_original_one(printed):
    np.testing.assert_array_equal(printed[0]["kernel"], ORIGINAL["kernel"])


@pytest.mark.parametrize("case", ["no_bias", "ones_bias", "relu", "custom"])
def test_numpy_prints_each_digit(printed, case):
    np.testing.assert_array_equal(
        printed[0][f"{case} matmul"], ORIGINAL[case]["matmul"]
    )


@pytest.mark.parametrize(
    "case", ["no_bias", "default_bias", "ones_bias", "relu", "custom"]
)
def test_predict_prints_the_digits_that_it_counts(printed, case):
    predict = printed[0][f"{case} predict"]
    original = np.array(ORIGINAL[case]["predict"])
    # Where a sum is rounded in another order, the last digit may differ: by no more
    # than three roundings of numbers below 100. How many do depends on the processor.
    np.testing.assert_allclose(predict, original, rtol=0, atol=1.5 * 100 * 2**-23)
    if case == "custom":
        np.testing.assert_array_equal(predict, original)
        return
    name = case.replace("ones_bias", "bias_of_ones").replace("_", " ")
    (count,) = re.findall(rf"^{name} +(\d+) of 50$", printed[1], re.M)
    assert np.count_nonzero(predict == original) == int(count)


def test_the_rest_of_the_original(printed):
    arrays, text = printed
    np.testing.assert_array_equal(
        arrays["default_bias vector"], ORIGINAL["default_bias_vector"]
    )
    np.testing.assert_array_equal(
        arrays["ones_bias vector"], ORIGINAL["ones_bias_vector"]
    )
    np.testing.assert_array_equal(arrays["custom kernel"], ORIGINAL["custom"]["kernel"])
    assert str(ORIGINAL["layer_names"]) in text
    reduce = ORIGINAL["reduce"]
    shapes = f"{tuple(reduce['input_shape'])} {tuple(reduce['output_shape'])}"
    assert shapes in text


def test_another_backend_is_refused_in_one_line(tmp_path):
    # Any module will do as the backend: the page must stop before it is used.
    (tmp_path / "keras.py").write_text(
        "class backend:\n    backend = staticmethod(lambda: 'jax')\n"
    )
    result = subprocess.run(
        [sys.executable, PAGE],
        env={**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == (
        "This page needs the TensorFlow backend: set KERAS_BACKEND=tensorflow\n"
    )
