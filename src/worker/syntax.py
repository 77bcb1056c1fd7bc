"""Accepts the grammar of Python 3.12 on every Python version that the worker is built with.

Models write for the newest Python. So that a program has one score on every machine, newer syntax is rewritten for 3.11:
quotes of the same kind inside an f-string, `type` statements, and type parameters. Line numbers stay the same.
"""

import __future__
import ast
import re
import sys
import warnings

# The newest grammar that is accepted everywhere.
GRAMMAR = (3, 12)

_ANNOTATIONS = __future__.annotations.compiler_flag

_PREFIX = re.compile(r"(?i)(?<![\w'\"])(?:f|rf|fr)(?='|\")")
_TYPE = re.compile(r"^([ \t]*)type[ \t]+([A-Za-z_]\w*)[ \t]*(?:\[[^\]\n]*\])?[ \t]*=(?!=)", re.MULTILINE)
_PARAMETERS = re.compile(r"^([ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+[A-Za-z_]\w*)[ \t]*\[[^\]\n]*\](?=[ \t]*[(:])", re.MULTILINE)


def compiled(source: bytes, filename: str):
    """The code object of the whole file and the source it was compiled from; errors are those of the given source."""
    try:
        code = compile(source, filename, "exec", dont_inherit=True)
    except SyntaxError:
        older = source if sys.version_info >= GRAMMAR else without_newer_syntax(source)
        if older == source:
            raise
        try:
            # Annotations may name type parameters, which no longer exist: they are not evaluated.
            return compile(older, filename, "exec", _ANNOTATIONS, dont_inherit=True), older
        except SyntaxError:
            pass
        raise
    if sys.version_info[:2] > GRAMMAR:
        with warnings.catch_warnings():
            # Its warnings were printed by the compilation above.
            warnings.simplefilter("ignore")
            # Raises for syntax that only newer versions accept.
            ast.parse(source, filename, feature_version=GRAMMAR)
    return code, source


def without_newer_syntax(source: bytes) -> bytes:
    """The source in the grammar of 3.11, as far as a line-by-line rewrite allows."""
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError:
        return source
    text = _other_quotes(text)
    text = _TYPE.sub(r"\1\2 =", text)
    return _PARAMETERS.sub(r"\1", text).encode("utf-8")


def _other_quotes(text: str) -> str:
    """Changes the quotes of strings inside the fields of an f-string where they equal those of the f-string."""
    found, at = [], 0
    while match := _PREFIX.search(text, at):
        start = match.end()
        quote = text[start] * 3 if text.startswith(text[start] * 3, start) else text[start]
        end = _end_of_fstring(text, start + len(quote), quote)
        if end is None:
            at = start + 1
            continue
        found.append((start + len(quote), end, quote))
        at = end
    pieces, at = [], 0
    for start, end, quote in found:
        pieces += [text[at:start], _swapped(text[start:end], quote)]
        at = end
    return "".join([*pieces, text[at:]])


def _end_of_fstring(text: str, at: int, quote: str):
    """Position of an f-string's closing quotes; None if it does not end on its line."""
    depth = 0
    while at < len(text):
        here = text[at]
        if depth == 0 and text.startswith(quote, at):
            return at
        if here == "\n" and len(quote) == 1:
            return None
        if depth == 0 and here == "\\":
            at += 2
            continue
        if here == "{":
            if depth == 0 and text.startswith("{{", at):
                at += 2
                continue
            depth += 1
        elif here == "}" and depth:
            depth -= 1
        elif depth and here in "'\"":
            inner = text.find(here, at + 1)
            if inner < 0:
                return None
            at = inner
        at += 1
    return None


def _swapped(body: str, quote: str) -> str:
    other = "'" if quote[0] == '"' else '"'
    out, depth, at = [], 0, 0
    while at < len(body):
        here = body[at]
        if here == "{":
            depth += 1 if depth or not body.startswith("{{", at) else 0
            if not depth:
                out.append(here)
                at += 1
        elif here == "}" and depth:
            depth -= 1
        elif depth and here == quote[0] and len(quote) == 1:
            end = body.find(here, at + 1)
            inside = body[at + 1 : end] if end > 0 else ""
            if end > 0 and other not in inside and "\\" not in inside:
                out.append(other + inside + other)
                at = end + 1
                continue
        out.append(body[at])
        at += 1
    return "".join(out)
