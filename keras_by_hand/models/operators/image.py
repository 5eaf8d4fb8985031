"""Operators between images: patches, blocks, borders, shades of gray."""

import math

import numpy as np

from keras_by_hand.layers.windows import patches
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.limits import check_size

CHANNELS_FIRST = "channels_first"


def depth_to_space(x, block_size, data_format="channels_last"):
    if data_format == CHANNELS_FIRST:
        x = np.moveaxis(x, 1, -1)
    batch, height, width, _ = x.shape
    blocks = x.reshape(batch, height, width, block_size, block_size, -1)
    blocks = blocks.transpose(0, 1, 3, 2, 4, 5)
    y = blocks.reshape(batch, height * block_size, width * block_size, -1)
    return np.moveaxis(y, -1, 1) if data_format == CHANNELS_FIRST else y


def space_to_depth(x, block_size, data_format="channels_last"):
    if data_format == CHANNELS_FIRST:
        x = np.moveaxis(x, 1, -1)
    batch, height, width, channels = x.shape
    height, width = height // block_size, width // block_size
    shape = batch, height, block_size, width, block_size, channels
    blocks = x.reshape(shape).transpose(0, 1, 3, 2, 4, 5)
    y = blocks.reshape(batch, height, width, -1)
    return np.moveaxis(y, -1, 1) if data_format == CHANNELS_FIRST else y


def extract_patches(
    images, size, strides=None, dilation_rate=1, padding="valid",
    data_format=None,
):  # fmt: skip
    size = (size, size) if isinstance(size, int) else size
    is_batch = images.ndim == len(size) + 2
    x = images if is_batch else images[np.newaxis]
    if data_format == CHANNELS_FIRST:
        x = np.moveaxis(x, 1, -1)
    cut = patches(x, size, strides or size, padding, dilation_rate)
    check_size(cut.size)
    y = cut.reshape(*cut.shape[: len(size) + 1], -1)
    y = np.moveaxis(y, -1, 1) if data_format == CHANNELS_FIRST else y
    return y if is_batch else y[0]


def borders(length, target, before, after):
    """Return the two borders around a length, of which the target tells one."""
    if before is None:
        before = target - after - length
    if after is None:
        after = target - before - length
    if before < 0 or after < 0:
        raise CannotRun("a border is less than nothing")
    return before, after


def pad_images(
    images, top_padding=None, left_padding=None, bottom_padding=None,
    right_padding=None, target_height=None, target_width=None, data_format=None,
):  # fmt: skip
    axis = -2 if data_format == CHANNELS_FIRST else -3
    height, width = images.shape[axis], images.shape[axis + 1]
    widths = [(0, 0)] * images.ndim
    widths[axis] = borders(height, target_height, top_padding, bottom_padding)
    widths[axis + 1] = borders(width, target_width, left_padding, right_padding)
    check_size(math.prod(n + sum(w) for n, w in zip(images.shape, widths)))
    return np.pad(images, widths)


def crop_images(
    images, top_cropping=None, left_cropping=None, bottom_cropping=None,
    right_cropping=None, target_height=None, target_width=None,
    data_format=None,
):  # fmt: skip
    axis = -2 if data_format == CHANNELS_FIRST else -3
    rows, columns = images.shape[axis], images.shape[axis + 1]
    top, height = part(rows, target_height, top_cropping, bottom_cropping)
    left, width = part(columns, target_width, left_cropping, right_cropping)
    y = np.moveaxis(images, (axis, axis + 1), (0, 1))
    y = y[top : top + height, left : left + width]
    return np.moveaxis(y, (0, 1), (axis, axis + 1))


def part(length, target, before, after):
    """Return where a part of a length begins, and how long it is."""
    if before is None:
        before = length - target - after
    if target is None:
        target = length - before - after
    if before < 0 or target <= 0 or before + target > length:
        raise CannotRun("what is cut is not in the image")
    return before, target


def rgb_to_grayscale(images, data_format=None):
    axis = -3 if data_format == CHANNELS_FIRST else -1
    if images.shape[axis] == 1:
        return images
    if images.dtype.kind != "f":
        raise CannotRun("shades of gray of whole numbers are not known here")
    weights = np.array([0.2989, 0.5870, 0.1140], images.dtype)
    return np.expand_dims(np.tensordot(images, weights, (axis, 0)), axis)
