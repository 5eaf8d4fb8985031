"""The texts that an argument may be, such as "valid" and "same": signatures do not tell
them, but Keras does when it refuses another one."""

import re

from library.engine.answers import differ, record
from library.engine.cases import FLOAT64

NO_SUCH = "no such text"


def texts_of(subject, cases):
    """Return {argument: the texts that were drawn for it, and its default}."""
    found = {}
    for name, parameter in subject.signature.parameters.items():
        values = [c.config[name] for c in cases if name in c.config]
        texts = {v for v in [parameter.default, *values] if isinstance(v, str)}
        if texts:
            found[name] = texts
    return found


def ask_with(subject, name, text, case):
    return subject.ask(case.but(config={**case.config, name: text}))


def allowed(subject, name, cases):
    """Return the texts that Keras' refusal of another one tells."""
    for case in cases:
        try:
            ask_with(subject, name, NO_SUCH, case)
        except Exception as error:
            told = str(error).split("Received")[0]
            listed = re.search(
                r"[({\[]\s*'.*?[)}\]]|(one of|either|must be).*", told, re.S
            )
            texts = re.findall(r"""['"`](\w+)['"`]""", listed[0]) if listed else []
            return {text for text in texts if text not in (name, "None")}
    return set()


def never_drawn(subject):
    """Return the texts that are allowed and were not drawn, as "padding='causal'"; but for
    other names of the default."""
    cases = [recorded.case for recorded in record(subject.name)]
    return [
        f"{name}={text!r}"
        for name, drawn in texts_of(subject, cases).items()
        if name not in subject.skipped(cases)
        for text in sorted(allowed(subject, name, cases) - drawn)
        if not is_default(subject, name, text)
    ]


def is_default(subject, name, text):
    others = [each for each in record(subject.name) if name not in each.case.config]
    return bool(others) and all(
        differ(each.answer, ask_with(subject, name, text, each.case), FLOAT64) is None
        for each in others
    )
