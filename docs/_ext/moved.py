"""Pages at the addresses that have moved, which lead readers on, without a script."""

from pathlib import Path

from gallery import stages
from gallery.moved import read_moved

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>This page has moved</title>
<link rel="canonical" href="{lasting}">
<meta http-equiv="refresh" content="0; url={address}">
</head>
<body><p>This page has moved: <a href="{address}">go to where it is now</a>.</p></body>
</html>
"""


def write(app, exception):
    if exception:
        return
    for old, new in read_moved().items():
        path = Path(app.outdir) / app.builder.get_target_uri(old)
        path.parent.mkdir(parents=True, exist_ok=True)
        lasting = app.config.html_baseurl + app.builder.get_target_uri(new)
        address = app.builder.get_relative_uri(old, new)
        path.write_text(PAGE.format(lasting=lasting, address=address))


def setup(app):
    app.connect("build-finished", write, priority=stages.COMPLETE_SITE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
