"""What was found of pages and names under a release of Keras, beside what the ledger tells
of them."""


def how(failures):
    """How a page or a name fails, as the ledger has it: how many times, the error of the
    first one, and where that was."""
    times = f"{len(failures)} x " if len(failures) > 1 else ""
    return f"{times}{failures[0]['error']}: {failures[0]['fails']}"


def judge(found, rows, prints):
    """Return what is red, {name: why}.

    found: [{"name": ..., "failures": ..., "printed": ...}, ...], as trying.py tells; rows:
    {name: Row} of this line of releases; prints: {name of a script: what it prints},
    whose names must all be among what was found.
    """
    red = {}
    for each in found:
        name, failures = each["name"], each["failures"]
        says = failures and f"{how(failures)}\n    {failures[0]['says']}".rstrip()
        row = rows.get(name)
        if any(failure.get("died") for failure in failures):
            red[name] = f"dies or hangs: {says}"
        elif name in prints:
            now = failures[0]["error"] if failures else each["printed"].strip()
            if now != prints[name]:
                red[name] = f"prints {now!r}, and the ledger has {prints[name]!r}"
        elif failures and not row:
            red[name] = f"is not in the ledger: {says}"
        elif row and not failures:
            red[name] = "passes again: its row in the ledger can go"
        elif row and how(failures) != row.how:
            red[name] = f"fails elsewhere: {says}\n    the ledger has {row.how}"
    for name in {*rows, *prints} - {f["name"] for f in found}:
        red[name] = "is in the ledger, and was not tried: is there none?"
    return red
