"""The library to download: in one file, keras_by_hand.py, and as a wheel."""

import shutil

from gallery import one_file, stages, wheel
from gallery.includes import write
from gallery.package import NAME


def write_file(app):
    text, file = one_file.compose(), one_file.FILE
    if not file.exists() or file.read_text() != text:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def write_wheel(app):
    if not wheel.is_new():
        wheel.build(wheel.FILE.parent)
    name = f"{NAME} {wheel.PROJECT['version']}"
    write("wheel.inc", f":download:`{name} as a wheel </_build/{wheel.FILE.name}>`\n")


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
