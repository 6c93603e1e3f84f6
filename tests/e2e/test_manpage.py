"""The manual page is right troff and shows what the tables say, character by character."""

import subprocess
import unittest

from harness.case import Case, OK


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

    def test_what_people_copy_is_ascii(self):
        text = self.render()
        self.assertIn("inrush run baseline -u 1000 -r 100 -d 3m", text)
        self.assertIn("""inrush --json-body '{"id": 1}' --threshold 'p95 < 20ms'""", text)
        body = text[:text.rindex("inrush 0.")]
        self.assertEqual([c for c in body if ord(c) > 127], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
