# SPDX-License-Identifier: GPL-2.0-only
"""C in tokens: where each stands, and in which function."""
import bisect
import re

TOKEN = re.compile(r"""
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | (?P<define>^[ \t]*\#[ \t]*define[ \t]+\w+(?:\([^)]*\))?)
  | (?P<directive>^[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<op><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\S)
  | (?P<end>(?<!\\)\n)
""", re.VERBOSE | re.DOTALL | re.MULTILINE)
OPEN, CLOSE = "([{", ")]}"


class Token:
    """One token. where: its function, array or #define; "" at top level."""

    __slots__ = ("kind", "text", "start", "end", "where", "code", "mate")

    def __init__(self, found):
        self.kind = found.lastgroup
        self.text = found.group()
        self.start, self.end = found.span()
        self.where = ""
        self.code = False	# inside of a function
        self.mate = None	# the index of the other bracket


def raw_tokens(text):
    """Without comments and directives; the body of a #define is marked."""
    define = None
    for found in TOKEN.finditer(text):
        token = Token(found)
        if token.kind == "define":
            define = "#define " + re.split(r"\W+", token.text.strip())[2]
        elif token.kind == "end":
            define = None
        elif token.kind in ("name", "number", "string", "op"):
            token.where = define or ""
            yield token


def match_brackets(tokens):
    stack = []
    for i, token in enumerate(tokens):
        if token.text in OPEN:
            stack.append(i)
        elif token.text in CLOSE and stack:
            token.mate = stack.pop()
            tokens[token.mate].mate = i


def name_places(tokens):
    """Says of each token outside of #defines where it is."""
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.where or token.text != "{" or token.mate is None:
            i += 1
            continue
        head = i - 1
        function = tokens[head].text == ")"
        if function:
            head = tokens[head].mate - 1
        else:
            while head > 0 and tokens[head].text in ("=", "]", "["):
                head = (tokens[head].mate if tokens[head].text == "]"
                        else head) - 1
        for inner in tokens[i:token.mate + 1]:
            inner.where = inner.where or tokens[head].text
            inner.code = function
        i = token.mate + 1


class Source:
    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.tokens = list(raw_tokens(text))
        match_brackets(self.tokens)
        name_places(self.tokens)
        self.lines = [0] + [m.end() for m in re.finditer("\n", text)]

    def line_number(self, offset):
        return bisect.bisect_right(self.lines, offset)

    def around(self, start, end):
        """The span of the whole lines that [start, end) touches."""
        first = self.lines[self.line_number(start) - 1]
        last = self.text.find("\n", max(start, end - 1))
        return first, last if last >= 0 else len(self.text)
