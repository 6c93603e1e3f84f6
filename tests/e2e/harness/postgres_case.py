"""The test case of user.pg: scenarios of one class against one server a file."""

import os
import unittest

from harness.case import Case
from harness.postgres import Postgres


class PgCase(Case):
    """A file of these cases imports setUpModule with it."""

    server = None  # the file's, for all its cases

    def user(self, task, options="", url=None, more=""):
        """A scenario of one class P, whose one task has user and pg."""
        return self.scenario(f"""
            local cjson = require "cjson"
            local P = inrush.user_class("P", {{ pg = "{url or self.server.url}", {options} }})
            P:task("t", {{}}, function(user)
              local pg = user.pg
              {task}
            end)
            {more}
            """)

    def checked(self, task, **options):
        """Runs the task once; its assertions hold."""
        run = self.tool("check", self.user(task, **options))
        self.assertSays(run, "0 script errors")
        return run

    def load_task(self, task, options="", url=None, more="", users=2, times=3, env=None):
        """Each of the users runs the task so many times, and no more."""
        ended = self.file("ended", "")
        wait = f"""wait = function(user)
              user.ended = (user.ended or 0) + 1
              if user.ended < {times} then return 0.01 end
              local file = io.open("{ended}", "a")
              file:write(".")
              file:close()
              return 3600
            end,"""
        return self.load_until(lambda running: os.path.getsize(ended) == users, "run",
                               self.user(task, wait + options, url, more), "-u", users, env=env)


def setUpModule():
    PgCase.server = unittest.enterModuleContext(Postgres())
