"""The shells offer what the completion scripts promise: each is asked as its user would."""

import os
import pathlib
import subprocess
import unittest

from harness import tool
from harness.case import Case, OK

DATA = pathlib.Path(__file__).parent / "data"

BASH = """
source ./inrush.bash
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_inrush
printf '%s\\n' "${COMPREPLY[@]}"
"""

# Lines as a shell splits them, the last word being typed; and what is offered.
LINES = [
    (["inrush", "ser"], {"serve"}),
    (["inrush", "run", "--us"], {"--users"}),
    (["inrush", "run", "--class", "A", "--spa"], {"--spawn-rate"}),
    (["inrush", "--connec"], {"--connections", "--connect-to"}),
    (["inrush", "-c", "5", "--dur"], {"--duration"}),
    (["inrush", "run", "--connec"], {"--connect-to"}),
    (["inrush", "serve", "--la"], {"--latency"}),
    (["inrush", "-m", "P"], {"POST", "PUT", "PATCH"}),
    (["inrush", "completions", ""], {"bash", "zsh", "fish"}),
    (["inrush", "help", "se"], {"serve"}),
    (["inrush", "run", "-u", ""], set()),
    (["inrush", "list", "x"], set()),
]

FILES = {"one.lua", "two.txt", "three"}  # "three" is a directory


class Shell(Case):
    def setUp(self):
        super().setUp()
        for name in FILES - {"three"}:
            self.file(name, "")
        os.mkdir(os.path.join(self.dir, "three"))
        os.mkdir(os.path.join(self.dir, "scripts"))
        bin_dir = os.path.join(self.dir, "bin")
        os.mkdir(bin_dir)
        os.symlink(os.path.abspath(tool.PROGRAM), os.path.join(bin_dir, "inrush"))
        self.env = tool.environment({"PATH": f"{bin_dir}:{os.environ['PATH']}",
                                     "HOME": self.dir, "ZDOTDIR": self.dir})

    def script(self, shell, name):
        run = self.tool("completions", shell)
        self.assertStatus(run, OK)
        self.file(name, run.stdout)

    def shell(self, *command):
        done = subprocess.run(command, cwd=self.dir, env=self.env, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), command)
        return done.stdout

    def bundled(self):
        names = self.tool("list", "--names")
        self.assertStatus(names, OK)
        self.assertIn("baseline", names.stdout.split())
        return set(names.stdout.split())

    def offers(self, lines):
        """What is offered for each line: a set of words each."""
        return [self.offer(words) for words in lines]

    def check_lines(self):
        for (words, expected), offered in zip(LINES, self.offers([words for words, _ in LINES])):
            with self.subTest(words):
                self.assertEqual(offered, expected)

    def check_files(self):
        result, new, scenarios, bundled = self.offers([
            ["inrush", "run", "--json", ""], ["inrush", "new", ""], ["inrush", "run", ""],
            ["inrush", "show", ""]])
        self.assertLessEqual(FILES, result)
        self.assertLessEqual(FILES, new)
        self.assertLessEqual(self.bundled() | {"one.lua", "three"}, scenarios)
        self.assertEqual(bundled, self.bundled())
        return scenarios


class TestBash(Shell):
    def setUp(self):
        super().setUp()
        self.script("bash", "inrush.bash")

    def offer(self, words):
        return set(self.shell("bash", "--norc", "-c", BASH, "bash", *words).split())

    def test_lines(self):
        self.check_lines()

    def test_files(self):
        self.assertNotIn("two.txt", self.check_files())

    def test_a_value_behind_an_equals_sign(self):
        # Bash breaks words at "=".
        self.assertEqual(self.offer(["inrush", "run", "--json", "=", "o"]), {"one.lua"})
        self.assertLessEqual(FILES, self.offer(["inrush", "run", "--json", "="]))

    def test_the_first_word(self):
        self.assertLessEqual({"run", "list", "show", "new", "check", "serve", "help"},
                             self.offer(["inrush", ""]))


class TestZsh(Shell):
    def setUp(self):
        super().setUp()
        self.script("zsh", "_inrush")

    def offers(self, lines):
        out = self.shell("zsh", "-f", str(DATA / "zsh_complete.zsh"), self.dir,
                         *(" ".join(words) for words in lines))
        return [set(offered.split()) for offered in out.split("\f")[:-1]]

    def test_syntax(self):
        self.shell("zsh", "-n", "_inrush")

    def test_lines(self):
        self.check_lines()

    def test_files(self):
        self.assertNotIn("two.txt", self.check_files())


class TestFish(Shell):
    def setUp(self):
        super().setUp()
        self.script("fish", "inrush.fish")

    def offer(self, words):
        out = self.shell("fish", "--no-config", "-c",
                         "source ./inrush.fish; complete -C $argv[1]", " ".join(words))
        return {line.split("\t")[0].rstrip("/") for line in out.splitlines()}

    def test_syntax(self):
        self.shell("fish", "-n", "inrush.fish")

    def test_lines(self):
        self.check_lines()

    def test_files(self):
        self.check_files()


if __name__ == "__main__":
    unittest.main(verbosity=2)
