"""Reads a SCIP index (https://github.com/sourcegraph/scip, scip.proto): as much of it as names need."""
from collections.abc import Iterator
from typing import NamedTuple


class Occurrence(NamedTuple):
    line: int  # from 1
    column: int  # from 0, in the units of the indexer (UTF-16)
    symbol: str
    is_definition: bool


def read(path: str) -> dict[str, list[Occurrence]]:
    """The occurrences of each document, by its path."""
    with open(path, "rb") as file:
        index = memoryview(file.read())
    documents = {}
    for number, value in fields(index):
        if number == 2:
            name, occurrences = "", []
            for part, inner in fields(value):
                if part == 1:
                    name = bytes(inner).decode()
                elif part == 2:
                    occurrences.append(occurrence(inner))
            documents[name] = occurrences
    return documents


def occurrence(message: memoryview) -> Occurrence:
    span, symbol, roles = [0, 0], "", 0
    for number, value in fields(message):
        if number == 1:
            span = list(varints(value)) if isinstance(value, memoryview) else [*span, value]
        elif number == 2:
            symbol = bytes(value).decode()
        elif number == 3:
            roles = value
    return Occurrence(span[0] + 1, span[1], symbol, bool(roles & 1))


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        wire = tag & 7
        if wire == 0:
            value, at = varint(message, at)
        elif wire == 2:
            size, at = varint(message, at)
            value, at = message[at : at + size], at + size
        else:
            size = {1: 8, 5: 4}[wire]
            value, at = message[at : at + size], at + size
        yield tag >> 3, value


def varints(message: memoryview) -> Iterator[int]:
    at = 0
    while at < len(message):
        value, at = varint(message, at)
        yield value


def varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
