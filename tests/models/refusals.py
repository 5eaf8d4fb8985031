"""What a command says where it cannot run a model."""


def is_refused(answer, said):
    """Whether a command, of which (exit code, output, errors) came, ended with one line
    that says so."""
    code, _, errors = answer
    return code == 1 and said in errors and len(errors.splitlines()) == 1
