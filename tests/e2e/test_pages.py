"""The pages that the program prints: the manual page is right troff, and writing them can fail."""

import subprocess
import unittest

from harness import tool
from harness.case import Case, OK, USAGE


class TestManPage(Case):
    def render(self):
        page = self.tool("man")
        self.assertStatus(page, OK)
        path = self.file("inrush.1", page.stdout)
        done = subprocess.run(["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-P-cbou", path],
                              text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_no_warnings_and_all_sections(self):
        text = self.render()
        for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "EXAMPLES",
                        "EXIT STATUS", "ENVIRONMENT"):
            self.assertIn(f"\n{section}\n", text)

    def test_it_fits_a_terminal(self):
        self.assertEqual([line for line in self.render().splitlines() if len(line) > 80], [])

    def test_what_people_copy_is_ascii(self):
        text = self.render()
        self.assertIn("inrush run baseline -u 1000 -r 100 -d 3m", text)
        self.assertIn("""inrush --json-body '{}' --threshold 'p95 < 20ms'""", text)
        body = text[:text.rindex("inrush 0.")]
        self.assertEqual([c for c in body if ord(c) > 127], [])


class TestPrinting(Case):
    PAGES = (["--help"], ["run", "--help"], ["--version"], ["man"], ["completions", "zsh"])

    def test_a_full_disk_is_an_error(self):
        for args in self.PAGES:
            with self.subTest(args), open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run([tool.PROGRAM, *args], stdout=full, stderr=subprocess.PIPE,
                                      text=True, timeout=60, check=False)
                self.assertEqual(done.returncode, USAGE)
                self.assertIn("No space left on device", done.stderr)

    def test_a_reader_that_goes_is_none(self):
        for args in self.PAGES:
            with self.subTest(args):
                with subprocess.Popen([tool.PROGRAM, *args], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True) as process:
                    process.stdout.close()
                    self.assertEqual((process.wait(60), process.stderr.read()), (OK, ""))

    def test_no_colours_but_on_a_terminal(self):
        self.assertNotIn("\033", self.tool("--help").stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
