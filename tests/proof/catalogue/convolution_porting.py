"""Faults of convolutions: to PyTorch and back, Flatten, and a photograph."""

from breaking import (
    MISREAD_KERNEL,
    altered_argument,
    during,
    exchanged,
    flipped,
    ignoring_argument,
    inputs,
    mirrored,
    operation,
    outputs,
    weight,
)
from fault import Fault
from keras import ops
from keras.layers import (
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    DepthwiseConv2D,
    Flatten,
    Permute,
    ZeroPadding2D,
)

TO_PYTORCH = "convolution/plot_conv_to_pytorch"
FROM_PYTORCH = "convolution/plot_conv_from_pytorch"
TRANSPOSED = "convolution/plot_conv_transpose_pytorch"
FLATTEN = "convolution/plot_flatten_from_pytorch"
PHOTOGRAPH = "convolution/plot_photograph_filters"


def in_pytorch_order(x):
    """Images with the axes of PyTorch, in the old shape."""
    return ops.reshape(ops.transpose(x, (0, 3, 1, 2)), x.shape)


PORTED = [
    (Conv2D, "to PyTorch", TO_PYTORCH),
    (DepthwiseConv2D, "to PyTorch", TO_PYTORCH),
    (Conv2D, "from PyTorch", FROM_PYTORCH),
    (DepthwiseConv2D, "from PyTorch", FROM_PYTORCH),
    (Conv2DTranspose, "from PyTorch", TRANSPOSED),
]
FAULTS = [
    Fault(
        f"{layer.__name__}, kernel {where}: {name}",
        page,
        f"{layer.__name__}.call",
        weight(layer, "kernel", change),
    )
    for layer, where, page in PORTED
    for name, change in MISREAD_KERNEL
]
FAULTS += [
    Fault(
        f"{layer.__name__}, bias {where}: reversed",
        page,
        f"{layer.__name__}.call",
        weight(layer, "bias", flipped(0)),
    )
    for layer, where, page in PORTED
]
FAULTS += [
    Fault(
        f"{layer.__name__}, {name} {where}: ignored",
        page,
        f"{layer.__name__}.{name}",
        ignoring_argument(layer, name),
    )
    for layer, where, page, names in [
        (Conv2D, "to PyTorch", TO_PYTORCH, ["strides", "padding"]),
        (
            DepthwiseConv2D,
            "to PyTorch",
            TO_PYTORCH,
            ["strides", "padding", "depth_multiplier"],
        ),
        (Conv2D, "from PyTorch", FROM_PYTORCH, ["strides"]),
        (DepthwiseConv2D, "from PyTorch", FROM_PYTORCH, ["strides"]),
        (Conv2DTranspose, "from PyTorch", TRANSPOSED, ["strides", "output_padding"]),
    ]
    for name in names
]
FAULTS += [
    Fault(
        'Conv2D, padding "same" to PyTorch: the odd pixel first',
        TO_PYTORCH,
        "Conv2D.padding",
        during(Conv2D, operation("conv", mirrored)),
    ),
    Fault(
        'DepthwiseConv2D, padding "same" to PyTorch: the odd pixel first',
        TO_PYTORCH,
        "DepthwiseConv2D.padding",
        during(DepthwiseConv2D, operation("depthwise_conv", mirrored)),
    ),
    Fault(
        "ZeroPadding2D, padding: only at the end",
        FROM_PYTORCH,
        "ZeroPadding2D.padding",
        altered_argument(
            ZeroPadding2D, "padding", lambda size: ((0, 2 * size), (0, 2 * size))
        ),
    ),
    Fault(
        "ZeroPadding2D, padding: one more",
        FROM_PYTORCH,
        "ZeroPadding2D.padding",
        altered_argument(ZeroPadding2D, "padding", lambda size: size + 1),
    ),
    Fault(
        "ZeroPadding2D: ones for zeros",
        FROM_PYTORCH,
        "ZeroPadding2D.call",
        during(
            ZeroPadding2D,
            operation(
                "pad", lambda real, x, width, *args, **kwargs: real(x, width) + 1
            ),
        ),
    ),
    Fault(
        'Conv2DTranspose, padding "same": the first row and column dropped',
        TRANSPOSED,
        "Conv2DTranspose.padding",
        during(Conv2DTranspose, operation("conv_transpose", mirrored)),
    ),
    Fault(
        'Conv2DTranspose, padding: "same" as "valid"',
        TRANSPOSED,
        "Conv2DTranspose.padding",
        ignoring_argument(Conv2DTranspose, "padding"),
    ),
    Fault(
        "Cropping2D, cropping: only at the end",
        TRANSPOSED,
        "Cropping2D.cropping",
        altered_argument(
            Cropping2D, "cropping", lambda size: ((0, 2 * size), (0, 2 * size))
        ),
    ),
    Fault(
        "Flatten: in PyTorch's order",
        FLATTEN,
        "Flatten.call",
        inputs(Flatten, in_pytorch_order),
    ),
    Fault(
        "Flatten: columns before rows",
        FLATTEN,
        "Flatten.call",
        inputs(Flatten, exchanged(1)),
    ),
    Fault(
        "Flatten: channels and columns exchanged",
        FLATTEN,
        "Flatten.call",
        inputs(Flatten, exchanged(2)),
    ),
    Fault(
        "Flatten, data_format: ignored",
        FLATTEN,
        "Flatten.data_format",
        ignoring_argument(Flatten, "data_format"),
    ),
    Fault(
        "Permute, dims: ignored",
        FLATTEN,
        "Permute.dims",
        altered_argument(Permute, "dims", lambda dims: (1, 2, 3)),
    ),
    Fault(
        "Flatten: reversed",
        FLATTEN,
        "Flatten.call",
        outputs(Flatten, flipped(1)),
    ),
]
FAULTS += [
    Fault(
        f"Conv2D on a photograph, kernel: {name}",
        PHOTOGRAPH,
        "Conv2D.call",
        weight(Conv2D, "kernel", change),
    )
    for name, change in [
        ("rows flipped", flipped(0)),
        ("columns flipped", flipped(1)),
        ("filters reversed", flipped(3)),
        ("columns and filters exchanged", exchanged(2)),
    ]
]
FAULTS += [
    Fault(
        "Conv2D on a photograph, bias: reversed",
        PHOTOGRAPH,
        "Conv2D.call",
        weight(Conv2D, "bias", flipped(0)),
    ),
    Fault(
        "Conv2D on a photograph: clipped to 0 and above",
        PHOTOGRAPH,
        "Conv2D.call",
        outputs(Conv2D, ops.relu),
    ),
    Fault(
        "Conv2D on a photograph: rows and columns exchanged",
        PHOTOGRAPH,
        "Conv2D.call",
        inputs(Conv2D, lambda x: ops.swapaxes(x, 1, 2)),
    ),
]
