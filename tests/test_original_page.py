"""The original page's numbers, against the output of ours as a reader downloads it."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT

ORIGINAL = json.loads((ROOT / "tests/data/original_page.json").read_text())
PAGE = ROOT / "examples/dense/plot_7_original_page.py"


def run(**environment):
    return subprocess.run(
        [sys.executable, PAGE],
        env={**os.environ, "MPLBACKEND": "agg", **environment},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def printed():
    """What the page prints: {"no_bias predict": array, ...} and its whole text."""
    result = run()
    assert result.returncode == 0, result.stderr
    blocks = re.findall(
        r"^(\w+ \w+|kernel)\n(\[.*?\])$(?!\n \[)", result.stdout, re.M | re.S
    )
    arrays = {}
    for name, text in blocks:
        values = re.sub(r"[\[\]]", " ", text).split()
        arrays[name] = np.array(values, "float64").reshape(-1, 5).squeeze()
    return arrays, result.stdout


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
def test_predict_prints_the_digits_that_this_machine_can(printed, case):
    predict = printed[0][f"{case} predict"]
    original = np.array(ORIGINAL[case]["predict"])
    # Where a sum is rounded in another order, the last digit may differ: by no more
    # than three roundings of numbers below 100.
    np.testing.assert_allclose(predict, original, rtol=0, atol=1.5 * 100 * 2**-23)
    # oneDNN adds products in one rounding where it finds AVX-512, unless it is told
    # to leave it alone, and then every digit is that of 2022.
    found = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    fused = "X86_V4" in found and "ONEDNN_MAX_CPU_ISA" not in os.environ
    if fused or case == "custom":
        np.testing.assert_array_equal(predict, original)


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
    result = run(PYTHONPATH=str(tmp_path), KERAS_BACKEND="jax")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == (
        "This page needs the TensorFlow backend: set KERAS_BACKEND=tensorflow\n"
    )
