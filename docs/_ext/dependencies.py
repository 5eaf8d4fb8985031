"""Which modules of this project a module imports: what its results depend on."""

import ast


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
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            candidates = [folder / f"{name}.py" for folder in folders for name in names]
            left += [candidate for candidate in candidates if candidate.is_file()]
    return found
