"""The library to download: in one file, keras_by_hand.py, and as a wheel."""

import shutil
import tempfile

from gallery import one_file, stages, wheel
from gallery.includes import write
from gallery.package import NAME, read_version


def write_file(app):
    put(one_file.FILE, one_file.compose().encode())


def write_wheel(app):
    with tempfile.TemporaryDirectory() as folder:
        put(wheel.FILE, wheel.build(folder)[0].read_bytes())
    name = f"{NAME} {read_version()}"
    write("wheel.inc", f":download:`{name} as a wheel </_build/{wheel.FILE.name}>`\n")
    command = f'pip install "{wheel.FILE.name}[compare]"'
    write("wheel_extras.inc", f".. code-block:: bash\n\n   {command}\n")


def put(file, content):
    """Write a file, unless it is the same: what depends on it would be read again."""
    if not file.exists() or file.read_bytes() != content:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def put_beside(app, exception):
    """Offer both at addresses without a digest, which notebooks and pip can know."""
    if not exception:
        for file in (one_file.FILE, wheel.FILE):
            shutil.copy(file, app.outdir)


def setup(app):
    app.connect("builder-inited", write_file, priority=stages.TELL_OF_PAGES)
    app.connect("builder-inited", write_wheel, priority=stages.TELL_OF_PAGES)
    app.connect("build-finished", put_beside, priority=stages.COMPLETE_SITE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
