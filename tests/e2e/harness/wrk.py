"""Running wrk scripts: the case that their tests are."""

from harness import tool
from harness.case import Case, USAGE
from harness.wire import answer, response

HELLO = response(b"hello", headers=["X-Token: t1", "Set-Cookie: a=1", "Set-Cookie: b=2"])


class WrkCase(Case):
    def script(self, text, name="script.lua"):
        return self.file(name, text)

    def run_script(self, text, url, *args, n=3, connections=1, threads=1, json=True):
        """Runs the script's text against url for n requests (0: as args say), one connection on
        one thread; args are options, then `--` and words for the script."""
        at = args.index("--") if "--" in args else len(args)
        command = ["-s", self.script(text), "-t", threads, "-c", connections, *args[:at]]
        if "--timeout" not in args:  # wrk's 2 s are less than a busy machine may stand still
            command += ["--timeout", "60s"]
        if n:
            command += ["-n", n]
        if not json:
            return self.tool(*command, url, *args[at:])
        path = self.json_path()
        return self.ended(tool.run(*command, "--json", path, url, *args[at:], json_path=path))

    def fails(self, text, *words, url=None, **options):
        """It ends with status 1 and says all of this, the script's file and line among it."""
        url = url or self.serve(*answer(HELLO)).url
        run = self.run_script(text, url, **options)
        self.assertStatus(run, USAGE)
        self.assertSays(run, *words)
        return run
