"""What a PromQL expression names: metrics and labels. Knows the part of the language that our queries use."""

import re

_WORDS = {"by", "on", "without", "ignoring", "group_left", "group_right", "or", "and", "unless", "offset", "bool"}
_LISTS = re.compile(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_SELECTOR = re.compile(r"\{([^}]*)\}")
_NAME = re.compile(r"(?<![\w:.])[a-zA-Z_:][\w:]*(?!\s*\()(?![\w:])")


def _bare(expr):
    """The expression without texts, so that what they hold is not taken for names."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', expr)


def metrics_of(expr):
    """Names of metrics."""
    text = re.sub(r"\[[^\]]*\]", "", _SELECTOR.sub("", _LISTS.sub(" ", _bare(expr))))
    text = re.sub(r"\boffset\s+\w+", "", text)
    return {name for name in _NAME.findall(text) if name not in _WORDS}


def labels_of(expr):
    """Labels that are chosen by, added up by or joined on."""
    bare = _bare(expr)
    found = {label.strip() for listed in _LISTS.findall(bare) for label in listed.split(",")}
    for chosen in _SELECTOR.findall(bare):
        found |= {re.split(r"[=!]", part)[0].strip() for part in chosen.split(",")}
    return found - {""}
