"""The guide is true: its scenarios run, its links lead somewhere, its commands exist."""

import re
import unittest

from harness.case import Case, OK
from harness.target import Target
from harness.tool import ROOT

PAGES = sorted([*ROOT.glob("README.md"), *(ROOT / "docs").glob("*.md"),
                *(ROOT / "tests").rglob("*.md")])


def blocks(text, language):
    """The code blocks of a language: (line of the first line, text)."""
    for match in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield text.count("\n", 0, match.start()) + 2, match[1]


def without_code(text):
    return re.sub(r"`[^`]*`", "", re.sub(r"^```.*?^```$", "", text,
                                         flags=re.MULTILINE | re.DOTALL))


def anchor(heading):
    """The fragment that GitHub gives a heading."""
    words = re.sub(r"[^\w\- ]", "", heading.strip().lower().replace("`", ""))
    return words.replace(" ", "-")


class TestDocs(Case):
    def pages(self):
        for page in PAGES:
            with self.subTest(str(page.relative_to(ROOT))):
                yield page, page.read_text(encoding="utf-8")

    def test_whole_scenarios_run(self):
        count = 0
        with Target() as target:
            for page, text in self.pages():
                for line, code in blocks(text, "lua"):
                    if 'require "inrush"' not in code:
                        continue
                    count += 1
                    path = self.file(f"{page.stem}-{line}.lua", code)
                    run = self.tool("check", path, "--host", target.url)
                    self.assertStatus(run, OK)
        self.assertGreater(count, 3)

    def test_links_lead_somewhere(self):
        for page, text in self.pages():
            for target in re.findall(r"\]\(([^)]+)\)", without_code(text)):
                if re.match(r"\w+:", target):
                    continue
                path, _, fragment = target.partition("#")
                linked = (page.parent / path).resolve() if path else page
                self.assertTrue(linked.exists(), f"{page.name}: {target}")
                if fragment:
                    headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"),
                                          re.MULTILINE)
                    self.assertIn(fragment, [anchor(h) for h in headings],
                                  f"{page.name}: {target}")

    def test_options_exist(self):
        """Every long option that a page gives to inrush is one."""
        known = set(re.findall(r"--[a-z][a-z-]+", " ".join(
            self.tool(*command, "--help").stdout
            for command in ([], ["run"], ["check"], ["list"], ["new"], ["compare"], ["merge"],
                            ["serve"]))))
        for page, text in self.pages():
            for line in re.findall(r"^.*\binrush (?:run|check|serve|new|list|compare|merge|http|-).*$", text,
                                   re.MULTILINE):
                for command in re.findall(r"\binrush [^`|;&#(]*", line):
                    for option in re.findall(r"(?<=\s)--[a-z][a-z-]+", command):
                        self.assertIn(option, known, f"{page.name}: {line}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
