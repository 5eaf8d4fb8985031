"""Inputs that a model cannot be run on: each ends in one line."""

import io
import os
import zipfile

import keras
import numpy as np
import pytest
from hostile_files import saved, sequential, write
from refusals import is_refused

from keras_by_hand import load_model
from keras_by_hand.models.data import read_input
from keras_by_hand.models.errors import CannotRun


def npy(array, **options):
    held = io.BytesIO()
    np.save(held, array, **options)
    return held.getvalue()


def npz(compress=zipfile.ZIP_STORED, **arrays):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", compress) as archive:
        for name, data in arrays.items():
            archive.writestr(f"{name}.npy", data)
    return held.getvalue()


def with_header(header, version=b"\x01\x00"):
    """Return a .npy file that claims this, of 16 bytes."""
    header = header.encode()
    length = len(header).to_bytes(2 if version[0] == 1 else 4, "little")
    return b"\x93NUMPY" + version + length + header + bytes(16)


def claiming(shape, dtype="<f4"):
    return with_header(
        f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}}}"
    )


ONES = npy(np.ones((1, 4), "float32"))
ENCRYPTED = npz(x=ONES).replace(
    b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
)
INPUTS = {
    "other_shape": (npy(np.ones((1, 5))), "input x has shape (1, 5), not (any, 4)"),
    "rank_0": (npy(np.float32(3)), "input x has shape (), not (any, 4)"),
    "objects": (npy(np.array(["a"], object)), "of texts, save x.astype(str)"),
    "texts": (npy(np.array([["a"] * 4])), "input x is not of numbers"),
    "records": (npy(np.zeros(1, [("a", "f4")])), "not of numbers or texts"),
    "complex": (npy(np.ones((1, 4), complex)), "input x is not of numbers"),
    "text": (b"1 2 3", "is no .npy or .npz file"),
    "empty": (b"", "is no .npy or .npz file"),
    "half": (ONES[:-4], "does not fit in the file"),
    "huge": (claiming((10**9, 10**9)), "does not fit in the file"),
    "negative": (claiming((-1, 4)), "does not fit in the file"),
    "arrays": (claiming((1,), "(2,2)f4"), "not of numbers or texts"),
    "no_header": (with_header("exit()"), "is damaged"),
    "deep_header": (with_header("[" * 5000), "is damaged"),
    "long_header": (with_header(" " * 60_000), "is damaged"),
    "version_2": (with_header("{", b"\x02\x00"), "is damaged"),
    "version_3": (with_header("{", b"\x03\x00"), "version (3, 0) of .npy is not known"),
    "keys": (npz(y=ONES, z=ONES), "no input x: the model has x; given are y, z"),
    "no_key": (npz(), "no input x: the model has x; given are none"),
    "no_npy": (npz(x=b"text"), "is damaged"),
    "no_zip": (npz(x=ONES)[:-30], "is damaged"),
    "changed": (npz(x=ONES).replace(b"\x80?", b"\x81?"), "is damaged: Bad CRC"),
    "encrypted": (ENCRYPTED, "x.npy is encrypted"),
    "bomb": (
        npz(zipfile.ZIP_DEFLATED, x=npy(np.zeros(10**8, bool))),
        "too large for a file of this size",
    ),
    "more_than_its_member": (npz(x=claiming((10**9,))), "does not fit in the file"),
}


@pytest.mark.parametrize("data, said", INPUTS.values(), ids=list(INPUTS))
def test_an_input_that_cannot_be_run(command, good, tmp_path, data, said):
    x, y = tmp_path / "x.npy", tmp_path / "y.npy"
    x.write_bytes(data)
    assert is_refused(command(good, "--input", x, "--output", y), said)
    assert list(tmp_path.iterdir()) == [x]


def test_an_input_that_is_no_file(command, good, tmp_path):
    def refuses(x, said):
        y = tmp_path / "y.npy"
        assert is_refused(command(good, "--input", x, "--output", y), said)

    os.mkfifo(tmp_path / "pipe.npy")
    refuses(tmp_path / "pipe.npy", "is a device or a pipe")
    refuses(tmp_path, "is a folder")
    refuses("/dev/zero", "is a device or a pipe")
    refuses(tmp_path / "none.npy", "No such file")


def test_a_number_is_no_batch_of_samples(tmp_path):
    write(tmp_path, sequential(saved("Flatten", "flatten")))
    model = load_model(tmp_path / "model.keras")
    with pytest.raises(CannotRun, match="input flatten has no axis of samples"):
        model.predict(3.0)


def test_a_sample_is_told_by_its_own_shape(tmp_path):
    """Also where Keras would add an axis of 1 to a batch."""
    path = tmp_path / "image.keras"
    keras.Sequential([keras.Input((6, 5, 1), name="image")]).save(path)
    shape = r"image has shape \(6, 5, 1\), not \(any, 6, 5, 1\)"
    with pytest.raises(CannotRun, match=shape):
        load_model(path).predict(np.zeros((6, 5, 1)))


def test_what_numpy_writes_is_read(tmp_path):
    path = tmp_path / "x.npz"
    arrays = {
        "a": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "b": np.array(["\u00e4", "bc"]),
        "../c": np.array([], ">i2"),
    }
    for save in (np.savez, np.savez_compressed):
        save(path, **arrays)
        np.testing.assert_equal(read_input(path), arrays)
    np.save(tmp_path / "a.npy", arrays["a"])
    np.savez(tmp_path / "a.npz", of_any_name=arrays["a"])
    for name in ("a.npy", "a.npz"):
        np.testing.assert_equal(read_input(tmp_path / name), arrays["a"])


def test_nothing_of_an_input_is_executed(tmp_path):
    path, trace = tmp_path / "x.npy", tmp_path / "executed"

    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(trace),))

    np.save(path, np.array([Evil()], object), allow_pickle=True)
    with pytest.raises(CannotRun):
        read_input(path)
    assert not trace.exists()
