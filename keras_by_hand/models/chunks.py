"""Read what HDF5 keeps in chunks, packed or not."""

import math
import zlib

import numpy as np

from keras_by_hand.models.errors import CannotRun

CHUNK = 25  # nodes; to find a chunk and unpack it takes as long as so many
DEFLATE, SHUFFLE, FLETCHER32 = 1, 2, 3  # numbers of HDF5's own filters
CHECKSUM = 4  # bytes


def read_chunks(dataset, budget):
    """Return the numbers of a dataset in chunks. They are unpacked here, as
    libhdf5 would unpack whatever a chunk holds, however long. Raises
    CannotRun."""
    name, form = f"weights {dataset.name}", dataset.id.get_create_plist()
    filters = [form.get_filter(n) for n in range(form.get_nfilters())]
    for number, *_, called in filters:
        if number not in (DEFLATE, SHUFFLE, FLETCHER32):
            called = called.decode(errors="replace") or number
            raise CannotRun(
                f"{name} are packed by {called}, which is not known here; "
                "gzip, shuffle and fletcher32 are"
            )
    shape, chunk = dataset.shape, dataset.chunks
    numbers = [math.ceil(n / c) for n, c in zip(shape, chunk)]
    length = math.prod(chunk) * dataset.dtype.itemsize
    unpacked = math.prod(numbers) * length
    packed = dataset.id.get_storage_size()
    budget.take(name, bytes=packed + unpacked, nodes=CHUNK * math.prod(numbers))
    if dataset.id.get_num_chunks() != math.prod(numbers):
        raise CannotRun(f"{name}: their numbers are not in the file")
    array = np.empty(shape, dataset.dtype)
    for place in np.ndindex(*numbers):
        corner = tuple(i * c for i, c in zip(place, chunk))
        skipped, data = dataset.id.read_direct_chunk(corner)
        used = [f[0] for n, f in enumerate(filters) if not skipped >> n & 1]
        data = unpack(data, used, length, dataset.dtype.itemsize)
        part = array[tuple(slice(i, i + c) for i, c in zip(corner, chunk))]
        whole = np.frombuffer(data, dataset.dtype).reshape(chunk)
        part[...] = whole[tuple(map(slice, part.shape))]
    return array


def unpack(data, filters, length, itemsize):
    """Return the bytes of a chunk before the filters. Raises ValueError where
    they are not as many."""
    most = length + CHECKSUM * len(filters)
    for number in reversed(filters):
        if number == DEFLATE:
            data = zlib.decompressobj().decompress(data, most)
        elif number == SHUFFLE:  # first bytes of all numbers, then second, ...
            data = np.frombuffer(data, "u1").reshape(itemsize, -1).T.tobytes()
        else:
            data, check = data[:-CHECKSUM], data[-CHECKSUM:]
            second, first = divmod(int.from_bytes(check, "little"), 1 << 16)
            if fletcher32(data) != (first % 65535, second % 65535):
                raise ValueError("a chunk does not have its checksum")
    if len(data) != length:
        raise ValueError("a chunk is not as long as the file says")
    return data


def fletcher32(data):
    """Return the two sums of Fletcher's checksum of bytes."""
    words = np.frombuffer(data + bytes(len(data) % 2), ">u2").astype("u8")
    weights = np.arange(len(words), 0, -1, dtype="u8") % 65535
    return int(words.sum() % 65535), int((weights * words).sum() % 65535)
