"""Where in a row of versions something changed."""


def first_other(versions, state_of):
    """Return the first version whose state is another than that of the first of all, and
    the one before it; None where the last one's state is that of the first.

    state_of: a function of a version, None for one that cannot be tried, which is left out.
    """
    versions = list(versions)
    while versions and (first := state_of(versions[0])) is None:
        del versions[0]
    while versions and (last := state_of(versions[-1])) is None:
        del versions[-1]
    if len(versions) < 2 or first == last:
        return None
    while len(versions) > 2:
        middle = len(versions) // 2
        state = state_of(versions[middle])
        if state is None:
            del versions[middle]
        elif state == first:
            del versions[:middle]
        else:
            del versions[middle + 1 :]
    return tuple(versions)
