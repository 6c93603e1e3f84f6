"""What the benchmarks share: options, running on a CPU of one's own, the table."""

import argparse
import os
import pathlib
import shutil
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "e2e"))

from harness import tool  # noqa: E402  pylint: disable=wrong-import-position


@dataclass
class Row:
    """One line of the table. met: whether value reaches aim; None: nothing was promised."""
    figure: str
    value: str
    aim: str = ""
    met: bool | None = None


def main(description, measure, add_options=None):
    """Parses the options all benchmarks have, measures, prints; the exit status."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inrush", default=os.environ.get("INRUSH", default_program()),
                        metavar="PROGRAM", help="what to measure (%(default)s)")
    parser.add_argument("--rows", action="store_true", help="print the table's rows alone")
    if add_options:
        add_options(parser)
    args = parser.parse_args()
    if not os.access(args.inrush, os.X_OK):
        parser.error(f"{args.inrush} is not there: cmake --preset release && "
                     "cmake --build --preset release")
    if not args.rows:
        print_header()
    all_met = True
    for row in measure(args):
        print_row(row)
        all_met = all_met and row.met is not False
    return 0 if all_met else 1


def default_program():
    return str(ROOT / "build/release/inrush")


def print_header():
    print("| figure | value | aim | met |\n|---|---|---|---|", flush=True)


def print_row(row):
    met = {None: "", True: "yes", False: "**no**"}[row.met]
    print(f"| {row.figure} | {row.value} | {row.aim} | {met} |", flush=True)


def installed(program):
    return shutil.which(program) is not None


def cpus():
    """(the generator's, the server's): apart where there are two."""
    ours = sorted(os.sched_getaffinity(0))
    return ours[0], ours[-1]


def pin(pid, cpu):
    """Keeps a process of one thread on one CPU."""
    os.sched_setaffinity(pid, {cpu})


def run(*command, timeout=600, json_path=None, pinned=True, env=None):
    """Runs a program to its end, on the generator's CPU if pinned; a tool.Finished."""
    running = start(*command, json_path=json_path, pinned=pinned, env=env)
    finished = running.wait(timeout)
    if finished.status != 0:
        raise SystemExit(f"{command[0]} failed: {finished}")
    return finished


def start(*command, json_path=None, pinned=True, env=None):
    if pinned:
        command = ["taskset", "-c", str(cpus()[0]), *command]
    return tool.Running(command[1:], program=shutil.which(command[0]), json_path=json_path,
                        env=env)


def inrush(args, directory, *options, **keywords):
    """Runs inrush with --json; the report is in .json of what it returns."""
    path = os.path.join(directory, "report.json")
    if os.path.exists(path):
        os.unlink(path)
    return run(args.inrush, *options, "--json", path, json_path=path, **keywords)


def write(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


# The reference's FastTimeStressUser, alone, for inrush.
STRESS_LUA = """\
local inrush = require "inrush"

local stress = inrush.user_class("FastTimeStressUser", { wait = inrush.between(0.01, 0.05) })

stress:task("rapid_time_check", { weight = 10 }, function(user)
  user.http:get("/api/v1/time?timezone=UTC", { name = "/api/v1/time [stress]" })
end)

stress:task("rapid_health_check", { weight = 5 }, function(user)
  user.http:get("/health", { name = "/health [stress]" })
end)
"""

# What a wrk script costs: the same file for both.
WRK_SCRIPT = """\
local path = "/api/v1/time?timezone=UTC"
function request()
  return wrk.format("GET", path)
end
local good = 0
function response(status, headers, body)
  if status == 200 then good = good + 1 end
end
"""
