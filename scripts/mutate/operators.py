# SPDX-License-Identifier: GPL-2.0-only
"""What may go wrong in a line of C: each operator yields mutants."""
from mutant import Mutant, pick
from source import CLOSE, OPEN

# One off, and the opposite
COMPARISONS = {
    "==": ["!="], "!=": ["=="],
    "<": ["<=", ">="], "<=": ["<", ">"],
    ">": [">=", "<="], ">=": [">", "<"],
    "seq_lt": ["seq_leq", "seq_geq"], "seq_leq": ["seq_lt", "seq_gt"],
    "seq_gt": ["seq_geq", "seq_leq"], "seq_geq": ["seq_gt", "seq_lt"],
    "seq_max": ["seq_min"], "seq_min": ["seq_max"],
}
LOGIC = {"&&": "||", "||": "&&"}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "/",
              "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "|"}
ASSIGNMENTS = {"+=": "-=", "-=": "+=", "*=": "+=", "|=": "&=", "&=": "|=",
               "++": "--", "--": "++"}
WORDS = {"true": "false", "false": "true"}
# Fields that are easily taken for each other
FIELDS = {
    "snd_una": "snd_nxt", "snd_nxt": "snd_una", "rcv_nxt": "rcv_adv",
    "rcv_adv": "rcv_nxt", "snd_wl1": "snd_wl2", "snd_wl2": "snd_wl1",
    "iss": "irs", "irs": "iss", "snd_wnd": "max_snd_wnd",
    "max_snd_wnd": "snd_wnd", "seq": "ack", "ack": "seq",
    "snd_wscale": "rcv_wscale", "rcv_wscale": "snd_wscale",
    "syn_retries": "synack_retries", "synack_retries": "syn_retries",
    "retries2": "orphan_retries", "orphan_retries": "retries2",
    "tsval": "tsecr", "tsecr": "tsval", "cwnd": "ssthresh",
    "ssthresh": "cwnd", "srtt_us": "rttvar_us", "rttvar_us": "srtt_us",
    "rtx": "rtx_end", "rtx_end": "rtx", "probes": "unanswered",
    "unanswered": "probes", "full": "full_max", "full_max": "full",
    "min_us": "max_us", "max_us": "min_us", "fresh": "len",
    "heard_us": "probed_us", "probed_us": "heard_us",
    "rcv_up": "snd_up", "snd_up": "rcv_up", "head": "back",
}
TYPES = {"const", "static", "struct", "enum", "union", "bool", "char", "int",
         "unsigned", "void", "size_t", "u8", "u16", "u32", "u64", "s16",
         "s32", "s64"}
KEYWORDS = {"if", "else", "while", "for", "do", "switch", "case", "default",
            "return", "break", "continue", "goto", "sizeof"}


class Operators:
    def __init__(self, source, families):
        self.source = source
        self.tokens = source.tokens
        self.families = families	# enumerator -> those it may become

    def mutant(self, kind, first, last, new):
        """The tokens from index first to last become new."""
        tokens = self.tokens
        return Mutant(self.source, kind, tokens[first].where,
                      tokens[first].start, tokens[last].end, new,
                      tokens[first].code)

    def text(self, first, last):
        return self.source.text[self.tokens[first].start:
                                self.tokens[last].end]

    def is_operand(self, i):
        """Token i may end an operand: what follows is a binary operator."""
        token = self.tokens[i]
        return (token.kind in ("name", "number") and
                token.text not in KEYWORDS | TYPES) or token.text in ")]"

    # Single tokens --------------------------------------------------------

    def words(self, i, token):
        for new in COMPARISONS.get(token.text, ()):
            yield self.mutant("comparison", i, i, new)
        for kind, table in (("logic", LOGIC), ("assignment", ASSIGNMENTS),
                            ("truth", WORDS)):
            if token.text in table:
                yield self.mutant(kind, i, i, table[token.text])
        if token.text in ARITHMETIC and self.is_operand(i - 1):
            yield self.mutant("arithmetic", i, i, ARITHMETIC[token.text])
        if token.text in "!~" and token.kind == "op":
            yield self.mutant("negation", i, i, "")
        if token.text in FIELDS and self.tokens[i - 1].text in ("->", "."):
            yield self.mutant("field", i, i, FIELDS[token.text])
        others = self.families.get(token.text)
        if others:
            new = pick(others, self.source.path, token.where, token.text,
                       str(self.source.line_number(token.start) -
                           self.source.line_number(self.top(i))))
            yield self.mutant("constant", i, i, new)

    def top(self, i):
        """Where the function of token i begins."""
        where = self.tokens[i].where
        while i and self.tokens[i - 1].where == where:
            i -= 1
        return self.tokens[i].start

    def number(self, i, token):
        digits = token.text.rstrip("uUlL")
        suffix = token.text[len(digits):]
        value = int(digits, 0)
        write = hex if digits.lower().startswith("0x") else str
        for new in (value + 1, value - 1):
            if new >= 0:
                yield self.mutant("off by one", i, i, write(new) + suffix)

    # Conditions -----------------------------------------------------------

    def condition(self, i, token):
        if token.text not in ("if", "while"):
            return
        first, last = i + 1, self.tokens[i + 1].mate
        cond = self.text(first, last)
        yield self.mutant("condition negated", first, last, "(!%s)" % cond)
        yield self.mutant("condition never", first, last, "(0)")
        if token.text == "if":
            yield self.mutant("condition always", first, last, "(1)")

    def choice(self, i, token):
        """a ? b : c becomes a ? c : b."""
        if token.text != "?":
            return
        colon = self.find(i + 1, ":")
        end = self.find(colon + 1, "")
        yield self.mutant("choice swapped", i, end - 1, "? %s : %s" % (
            self.text(colon + 1, end - 1), self.text(i + 1, colon - 1)))

    def find(self, i, wanted):
        """The next wanted token on this level, or the expression's end."""
        nested = 0
        while True:
            token = self.tokens[i]
            if token.text in OPEN and token.mate is not None:
                i = token.mate + 1
                continue
            if token.text == wanted and not nested:
                return i
            if token.text in CLOSE + ",;":
                return i
            nested += (token.text == "?") - (token.text == ":")
            i += 1

    # Statements -----------------------------------------------------------

    def begins_statement(self, i):
        before = self.tokens[i - 1]
        if before.text == ")":
            head = self.tokens[before.mate - 1].text
            return head in ("if", "while", "for", "switch")
        return before.text in (";", "{", "}", "else", ":")

    def statement(self, i, token):
        """An assignment, a call, a jump: not there."""
        if not token.code or token.text == "}" or \
                not self.begins_statement(i):
            return
        after = self.tokens[i + 1]
        if token.text in KEYWORDS:
            if token.text not in ("break", "continue") and not (
                    token.text == "return" and after.text == ";"):
                return
        elif token.kind == "name" and (token.text in TYPES or
                                       after.kind == "name" or
                                       after.text == ":"):
            return
        elif token.kind != "name" and token.text not in ("*", "++", "--"):
            return
        end = self.find_semicolon(i)
        if end is not None:
            yield self.mutant("statement dropped", i, end, ";")

    def find_semicolon(self, i):
        while self.tokens[i].text != ";":
            token = self.tokens[i]
            if token.text in CLOSE:
                return None
            i = token.mate + 1 if token.text in OPEN else i + 1
        return i

    def case(self, i, token):
        if token.text == "case":
            yield self.mutant("case missing", i, self.find(i + 1, ":"), "")

    def member(self, i, token):
        """Of a set a | b one is missing."""
        if token.text != "|":
            return
        end = i + 1
        while self.tokens[end].text in ("(", "~", "!"):
            if self.tokens[end].text == "(":
                return
            end += 1
        if self.tokens[end + 1].text == "(":
            end = self.tokens[end + 1].mate
        if end + 1 >= len(self.tokens) or \
                self.tokens[end + 1].text not in (")", ";", ",", "|") and \
                self.tokens[end + 1].where == token.where:
            return
        yield self.mutant("member missing", i, end, "")

    def all(self):
        for i, token in enumerate(self.tokens):
            if not token.where or not i:
                continue
            if token.kind == "number":
                yield from self.number(i, token)
                continue
            for operator in (self.words, self.condition, self.choice,
                             self.statement, self.case, self.member):
                yield from operator(i, token)
