#!/usr/bin/python3
"""Checks that the floors of src/ stand only on those below them.

usage: include_direction.py [SRC]

A folder of src/ may include only from itself and the floors before it in
FLOORS, written #include "floor/file.h"; only script/ sees Lua's headers; and
a floor's CMakeLists.txt names no floor above it.
"""

import re
import sys
from pathlib import Path

# The order of src/CMakeLists.txt and of the design: from the ground up.
FLOORS = ["base", "stats", "report", "net", "proto", "script", "run", "web", "target", "cli"]

LUA_HEADERS = {"lua.h", "lauxlib.h", "lualib.h", "luajit.h", "luaconf.h"}
LUA_FLOOR = "script"

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LIBRARY = re.compile(r"\binrush_(\w+)\b")


def above(floor, other):
    return FLOORS.index(other) > FLOORS.index(floor)


def check_include(floor, quote, path):
    """What is wrong with this include in a file of floor, or None."""
    if path.rpartition("/")[2] in LUA_HEADERS:
        return None if floor == LUA_FLOOR else f"only {LUA_FLOOR}/ may include {path}"
    if quote == "<":
        return None
    other = path.partition("/")[0]
    if "/" not in path or other not in FLOORS:
        return f'"{path}" is not written "floor/file.h"'
    if above(floor, other):
        return f'"{path}" is above {floor}/'
    return None


def check_source(floor, text):
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        wrong = match and check_include(floor, *match.groups())
        if wrong:
            yield number, wrong


def check_cmake(floor, text):
    for number, line in enumerate(text.splitlines(), 1):
        for other in LIBRARY.findall(line.partition("#")[0]):
            if other in FLOORS and above(floor, other):
                yield number, f"inrush_{other} is above {floor}/"


def check_tree(src):
    """Yields "path:line: what is wrong" for everything wrong below src."""
    for path in sorted(src.rglob("*")):
        parts = path.relative_to(src).parts
        if len(parts) < 2 or parts[0] == "lua":
            continue
        if path.suffix in {".c", ".h"}:
            check = check_source
        elif path.name == "CMakeLists.txt":
            check = check_cmake
        else:
            continue
        if parts[0] not in FLOORS:
            yield f"{path}: {parts[0]}/ is not a floor"
            continue
        for number, wrong in check(parts[0], path.read_text()):
            yield f"{path}:{number}: {wrong}"


def main(argv):
    src = Path(argv[1]) if len(argv) > 1 else Path(__file__).resolve().parents[2] / "src"
    if not src.is_dir():
        sys.exit(f"{src} is not a folder")
    violations = list(check_tree(src))
    print("\n".join(violations) or "every floor stands on those below it")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
