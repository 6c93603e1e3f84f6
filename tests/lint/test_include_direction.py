#!/usr/bin/python3
"""The include lint itself: it fails on each kind of violation and on no other."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

from include_direction import check_tree, main


class IncludeDirection(unittest.TestCase):
    def violations(self, files):
        with tempfile.TemporaryDirectory() as folder:
            src = Path(folder)
            for name, text in files.items():
                (src / name).parent.mkdir(parents=True, exist_ok=True)
                (src / name).write_text(text)
            found = list(check_tree(src))
            with contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(main(["lint", folder]), 1 if found else 0)
            return [line.removeprefix(f"{folder}/") for line in found]

    def test_downward_and_sideways_are_fine(self):
        self.assertEqual(
            self.violations(
                {
                    "base/err.c": '#include "base/err.h"\n#include <errno.h>\n',
                    "net/stream.h": '#include "net/net.h"\n#include "base/err.h"\n#include <ev.h>\n',
                    "script/state.c": "#include <luajit-2.1/lua.h>\n#include <lauxlib.h>\n",
                    "run/CMakeLists.txt": "inrush_floor(run LIBRARIES inrush_script)\n",
                    "lua/inrush.lua": "-- not C",
                    "CMakeLists.txt": "add_subdirectory(cli)\n",
                }
            ),
            [],
        )

    def test_upward_include(self):
        self.assertEqual(
            self.violations({"net/dns.c": '\n  #  include "proto/http1.h"\n'}),
            ['net/dns.c:2: "proto/http1.h" is above net/'],
        )

    def test_include_without_floor(self):
        self.assertEqual(
            self.violations({"base/buf.c": '#include "buf.h"\n#include "../base/err.h"\n'}),
            [
                'base/buf.c:1: "buf.h" is not written "floor/file.h"',
                'base/buf.c:2: "../base/err.h" is not written "floor/file.h"',
            ],
        )

    def test_lua_outside_script(self):
        self.assertEqual(
            self.violations(
                {
                    "proto/http1.h": "#include <lua.h>\n",
                    "run/worker.c": "#include <luajit-2.1/lauxlib.h>\n",
                }
            ),
            [
                "proto/http1.h:1: only script/ may include lua.h",
                "run/worker.c:1: only script/ may include luajit-2.1/lauxlib.h",
            ],
        )

    def test_upward_link(self):
        self.assertEqual(
            self.violations(
                {
                    "stats/CMakeLists.txt": "inrush_floor(stats # inrush_cli\n"
                    "    LIBRARIES inrush_base inrush_run)\n"
                }
            ),
            ["stats/CMakeLists.txt:2: inrush_run is above stats/"],
        )

    def test_folder_that_is_no_floor(self):
        self.assertEqual(
            self.violations({"util/x.c": ""}), ["util/x.c: util/ is not a floor"]
        )


if __name__ == "__main__":
    unittest.main()
