# SPDX-License-Identifier: GPL-2.0-only
"""One changed place in one file."""
import hashlib


def squeeze(text):
    """On one line, so that a reader and a list can compare it."""
    return " ".join(text.split()) or "-"


class Mutant:
    """source: a Source; [start, end) of it becomes new."""

    def __init__(self, source, kind, where, start, end, new, code=False):
        first, last = source.around(start, end)
        text = source.text
        self.source = source
        self.kind = kind
        self.where = where
        self.code = code	# inside of a function
        self.path = source.path
        self.line = source.line_number(start)
        self.old = squeeze(text[first:last])
        self.new = squeeze(text[first:start] + new + text[end:last])
        self.text = text[:start] + new + text[end:]

    @property
    def key(self):
        """What it is, wherever in the file it stands by now."""
        return self.path, self.where, self.old, self.new

    def rank(self, seed):
        """Its place in the order of drawing: of itself alone and the seed."""
        words = "\0".join((str(seed),) + self.key + (self.kind,))
        return hashlib.sha256(words.encode()).hexdigest()


def pick(choices, *about):
    """One of them, always the same for the same place."""
    choices = sorted(set(choices))
    number = hashlib.sha256("\0".join(about).encode()).hexdigest()
    return choices[int(number, 16) % len(choices)] if choices else None
