"""What results depend on: modules of this project, and versions of packages."""

import ast
import contextlib
from importlib import metadata


def find_imported(files, folders):
    """Return files and all modules in folders that they import, these included."""
    found, left = set(), list(files)
    while left:
        file = left.pop()
        if file in found:
            continue
        found.add(file)
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                parts = [f"{node.module}.{alias.name}" for alias in node.names]
                names = [node.module, *parts]  # a part may be a module or not
            places = [name.replace(".", "/") for name in names]
            candidates = [folder / f"{p}.py" for folder in folders for p in places]
            left += [candidate for candidate in candidates if candidate.is_file()]
    return found


def find_versions(packages):
    """Return {package: version} of those packages that are installed."""
    found = {}
    for package in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found
