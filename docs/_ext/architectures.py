"""The table of keras.applications, from what ``make applications`` has measured."""

import json

from gallery import stages
from gallery.includes import table, write
from gallery.paths import ARCHITECTURES

HEADER = (
    "Architecture",
    "Image",
    "Weights",
    "Layers checked",
    "float32",
    "float64",
    "Seconds",
    "MB",
)


def largest(rows, dtype):
    """Return in words the largest error of a layer in all architectures."""
    name = max(rows, key=lambda name: rows[name][dtype]["layer"])
    found = rows[name][dtype]
    return f"{found['layer']:.0e} in {dtype} (``{found['worst']}`` of {name})"


def write_table(app):
    rows = json.loads(ARCHITECTURES.read_text())
    cells = [
        (
            name,
            row["size"],
            f"{row['weights'] / 1e6:.1f} M",
            f"{row['checked']} of {row['layers']}",
            f"{row['float32']['whole']:.0e}",
            f"{row['float64']['whole']:.0e}",
            f"{row['seconds']:.1f}",
            row["megabytes"],
        )
        for name, row in rows.items()
    ]
    dates = sorted({row["date"] for row in rows.values()})
    versions = sorted({row["versions"] for row in rows.values()})
    text = (
        f"Measured on {' and '.join(dates)} with {'; '.join(versions)}. The largest error "
        f"of a layer was {largest(rows, 'float32')} and {largest(rows, 'float64')}.\n\n"
    )
    write("applications.inc", text + table(HEADER, cells))


def setup(app):
    app.connect("builder-inited", write_table, priority=stages.TELL_OF_PAGES)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
