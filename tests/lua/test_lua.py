"""Runs the Lua tests of this folder: test_lua.py NAME runs NAME.lua.

A test is a scenario whose tasks assert (expect.lua) what the API does. It is
run with `inrush check` against the server of echo.py: each task once, in order,
in one state; a script error fails it. Failed requests do not: tests make some
on purpose. Lines at its top may say more:

    -- arguments: --set COLOUR=blue -- one two
    -- command: run -u 3 -d 300ms
    -- prints: a line that must be in the output
"""

import pathlib
import re
import sys
import unittest

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "e2e"))

from echo import echo_server  # noqa: E402
from harness.case import Case, USAGE  # noqa: E402


def directives(text):
    found = {}
    for line in text.splitlines():
        match = re.match(r"-- (arguments|command|prints): (.*)", line)
        if match:
            found.setdefault(match[1], []).append(match[2])
        elif not line.startswith("--"):
            break
    return found


class TestLua(Case):
    name = None

    def runTest(self):
        path = FOLDER / f"{self.name}.lua"
        text = path.read_text(encoding="utf-8")
        asked = directives(text)
        command, *options = asked.get("command", ["check"])[0].split()
        arguments = asked.get("arguments", [""])[0].split()
        server = self.enterContext(echo_server())
        run = self.tool(command, path, "--host", server.url, *options, *arguments)
        self.assertNotEqual(run.status, USAGE, run)
        self.assertNotIn("stack traceback", run.output, run)
        for line in asked.get("prints", []):
            self.assertIn(line, run.output, run)
        if command == "check":
            self.assertRegex(run.stderr, r"inrush: [1-9]\d* tasks?, .*, 0 script errors\n$", run)


if __name__ == "__main__":
    TestLua.name = sys.argv[1]
    result = unittest.TextTestRunner(verbosity=2).run(TestLua())
    sys.exit(not result.wasSuccessful())
