"""Operators between signals and sequences: spectra, segments, counts."""

import math

import numpy as np

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.limits import check_size
from keras_by_hand.models.tensors import in_dtype


def parts(z):
    """Return the real and the imaginary part of complex numbers."""
    return z.real, z.imag


def complex_of(x):
    """Return the complex numbers of two parts."""
    real, imaginary = x
    return real + 1j * imaginary


def fft(x):
    return parts(np.fft.fft(complex_of(x)))


def fft2(x):
    return parts(np.fft.fft2(complex_of(x)))


def ifft2(x):
    return parts(np.fft.ifft2(complex_of(x)))


def rfft(x, fft_length=None):
    check_size(math.prod(x.shape[:-1]) * (fft_length or 1))
    return parts(np.fft.rfft(x, fft_length))


def irfft(x, fft_length=None):
    real, _ = x
    check_size(math.prod(real.shape[:-1]) * (fft_length or 1))
    return np.fft.irfft(complex_of(x), fft_length)


def extract_sequences(x, sequence_length, sequence_stride):
    windows = np.lib.stride_tricks.sliding_window_view(x, sequence_length, -1)
    return windows[..., ::sequence_stride, :]


WINDOWS = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46)}


def stft(
    x, sequence_length, sequence_stride, fft_length, window="hann", center=True
):
    check_size(sequence_length)
    check_size(x.size + x.size // x.shape[-1] * fft_length)  # with its borders
    if window is None:
        sequence_length = fft_length  # Keras takes all of it then
        weights = np.ones(fft_length)
    elif sequence_length % 2:
        raise CannotRun("in windows of odd lengths Keras' backends differ")
    else:
        angle = 2 * np.pi * np.arange(sequence_length) / sequence_length
        level, height = WINDOWS[window]
        weights = level - height * np.cos(angle)
    before = (fft_length - sequence_length) // 2
    after = fft_length - sequence_length - before
    weights = np.pad(weights, (before, after)).astype(x.dtype)
    if center:
        widths = [(0, 0)] * (x.ndim - 1) + [(fft_length // 2, fft_length // 2)]
        x = np.pad(x, widths, mode="reflect")
    frames = extract_sequences(x, fft_length, sequence_stride)
    check_size(frames.size)
    return parts(np.fft.rfft(frames * weights))


def segmented(function, start, count):
    """Return an operator that puts rows of the same number together.

    function: such as np.add; start: from the dtype, what a segment without rows
    has; count: of the numbers, how many segments there are unless it is told.
    """

    def compute(data, segment_ids, num_segments=None, sorted=False):
        if sorted:
            raise CannotRun("sorted=True is not known here")
        if num_segments is None:
            num_segments = count(segment_ids)
        shape = num_segments, *data.shape[1:]
        check_size(math.prod(shape))
        y = np.full(shape, start(data.dtype), data.dtype)
        kept = segment_ids >= 0
        function.at(y, segment_ids[kept], data[kept])
        return y

    return compute


def limits(dtype):
    """Return what tells the lowest and the largest number of a dtype."""
    return np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)


def count_different(numbers):
    return len(np.unique(numbers))


def count_to_last(numbers):
    return np.max(numbers) + 1


segment_sum = segmented(np.add, lambda dtype: 0, count_different)
segment_prod = segmented(np.multiply, lambda dtype: 1, count_to_last)
segment_max = segmented(np.maximum, lambda d: limits(d).min, count_to_last)
segment_min = segmented(np.minimum, lambda d: limits(d).max, count_to_last)


def bincount(x, weights=None, minlength=0, sparse=False):
    if weights is not None or sparse:
        raise CannotRun("weights and sparse counts are not known here")
    x = in_dtype(x, "int32", "bf")
    if np.any(x < 0):
        raise CannotRun("only numbers from 0 on are counted here")
    length = max(int(x.max()) + 1, minlength)
    check_size(x.size * length)
    return np.sum(x[..., np.newaxis] == np.arange(length), -2, dtype="int32")


def search_sorted(sorted_sequence, values, side="left"):
    return np.searchsorted(sorted_sequence, values, side).astype("int32")


def slice_of(inputs, start_indices, shape):
    ends = [
        slice(start, None if length == -1 else start + length)
        for start, length in zip(start_indices, shape)
    ]
    y = inputs[tuple(ends)]
    if any(n not in (-1, m) for n, m in zip(shape, y.shape)):
        raise CannotRun("what is cut is not in the tensor")
    return y
