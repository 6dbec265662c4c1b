"""A reader of TMDL and of DAX's words, for the checks beside it. It shares nothing with the generator."""

import re
from dataclasses import dataclass, field

NAME = r"(?:'(?:[^']|'')*'|[^\s'=:.]+)"
HEADER = re.compile(rf"(ref )?(\w+) ({NAME})(?: =(?: (.*))?)?$")
PROPERTY = re.compile(r"(\w+):(?: (.*))?$")


class Malformed(Exception):
    """A line that is no TMDL."""


@dataclass
class Object:
    """An object of the model."""

    kind: str
    name: str = ""
    value: str | None = None
    description: str | None = None
    properties: dict = field(default_factory=dict)
    changed: list = field(default_factory=list)
    children: list = field(default_factory=list)
    refs: list = field(default_factory=list)

    def of(self, kind):
        return [child for child in self.children if child.kind == kind]

    def get(self, name, default=None):
        return self.properties.get(name, default)


def unquoted(name):
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def text_of(value):
    """The value of a property."""
    return value[1:-1].replace('""', '"') if len(value) > 1 and value[0] == value[-1] == '"' else value


def column_of(value):
    """`Table.Column` as two names."""
    found = re.fullmatch(rf"({NAME})\.({NAME})", value)
    if not found:
        raise Malformed(f"`{value}` is no table and column")
    return tuple(map(unquoted, found.groups()))


def parse(text):
    """The objects at the top of a file."""
    root = Object("file")
    stack, above, lines = [(-1, root)], None, text.split("\n")
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        if not line.strip():
            if above:
                raise Malformed(f"line {index}: a description stands above nothing")
            continue
        depth = len(line) - len(line.lstrip("\t"))
        rest = line[depth:]
        if rest.startswith("///"):
            above = f"{above} {rest[3:].strip()}" if above else rest[3:].strip()
            continue
        while stack[-1][0] >= depth:
            stack.pop()
        parent = stack[-1][1]
        if stack[-1][0] != depth - 1:
            raise Malformed(f"line {index}: `{rest}` is too far in")
        header, prop = HEADER.match(rest), PROPERTY.match(rest)
        if rest.startswith("changedProperty = "):
            parent.changed.append(rest.split(" = ")[1])
        elif prop and not header:
            parent.properties[prop[1]] = text_of(prop[2] or "")
        elif re.fullmatch(r"\w+", rest):
            deeper = index < len(lines) and len(lines[index]) - len(lines[index].lstrip("\t")) > depth
            if deeper:
                stack.append((depth, Object(rest)))
                parent.children.append(stack[-1][1])
            else:
                parent.properties[rest] = True
        elif header and header[1]:
            parent.refs.append((header[2], unquoted(header[3])))
        elif header:
            value = header[4]
            if rest.endswith(" ="):
                body = []
                while index < len(lines) and (not lines[index].strip() or lines[index].startswith("\t" * (depth + 2))):
                    body.append(lines[index][depth + 2:])
                    index += 1
                while body and not body[-1].strip():
                    body.pop()
                value = "\n".join(body)
            child = Object(header[2], unquoted(header[3]), value, above)
            parent.children.append(child)
            stack.append((depth, child))
        else:
            raise Malformed(f"line {index}: `{rest}` is neither object nor property")
        if above and not header:
            raise Malformed(f"line {index}: a description stands above `{rest}`, which is no object")
        above = None
    return root


TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|--[^\n]*|/\*.*?\*/)
      | (?P<text>"(?:[^"]|"")*")
      | (?P<column>(?:'(?:[^']|'')*'|[^\W\d][\w.]*)[ ]*\[(?:[^\]]|\]\])*\])
      | (?P<measure>\[(?:[^\]]|\]\])*\])
      | (?P<table>'(?:[^']|'')*')
      | (?P<word>[^\W\d][\w.]*)
      | (?P<number>\d+(?:\.\d+)?(?:e\d+)?)
      | (?P<sign>&&|\|\||<>|<=|>=|[-+*/^&=<>(){},;])""",
    re.X | re.S,
)


def tokens(dax):
    """The words of a formula without blanks and comments: kind and value, a column's value a pair."""
    found, at = [], 0
    while at < len(dax):
        token = TOKEN.match(dax, at)
        if not token:
            raise Malformed(f"the formula can't be read from `{dax[at:at + 20]}` on")
        at = token.end()
        kind, value = token.lastgroup, token.group()
        if kind == "blank":
            continue
        if kind == "column":
            table, column = value.split("[", 1)
            value = (unquoted(table.strip()), column[:-1].replace("]]", "]"))
        elif kind == "measure":
            value = value[1:-1].replace("]]", "]")
        elif kind == "table":
            value = unquoted(value)
        found.append((kind, value))
    return found
