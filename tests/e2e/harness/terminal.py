"""A program in a real terminal: tmux, with keys sent and the screen read."""

import os
import shlex
import subprocess
import time
import uuid


class Terminal:
    """Runs a command in a terminal of its own; a context manager that ends it."""

    def __init__(self, args, columns=100, lines=30, env=None):
        self.args = args
        self.columns, self.lines = columns, lines
        self.env = env or {}
        self.socket = f"inrush-{os.getpid()}-{uuid.uuid4().hex[:8]}"

    def _tmux(self, *args):
        done = subprocess.run(["tmux", "-L", self.socket, "-f", "/dev/null", *args],
                              capture_output=True, text=True, timeout=30,
                              env={**os.environ, "LC_ALL": "C.UTF-8"})
        return done.stdout

    def __enter__(self):
        env = [f"{name}={value}" for name, value in self.env.items()]
        # The shell stays, so that the last screen can still be read.
        command = f"env {shlex.join([*env, *self.args])}; echo \"[status $?]\"; exec cat"
        self._tmux("new-session", "-d", "-x", str(self.columns), "-y", str(self.lines), command)
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        """As a person closes the window."""
        self._tmux("kill-server")

    def screen(self):
        """What the terminal shows now."""
        return self._tmux("capture-pane", "-p")

    def scrollback(self):
        """All that was printed, without what was shown on the alternate screen."""
        return self._tmux("capture-pane", "-p", "-S", "-")

    def keys(self, *keys):
        self._tmux("send-keys", *keys)

    def resize(self, columns, lines):
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def wait_for(self, condition, seconds=60):
        """The screen when the condition (a text on it, or a function of it) holds."""
        holds = condition if callable(condition) else lambda screen: condition in screen
        deadline = time.monotonic() + seconds
        while True:
            screen = self.screen()
            if holds(screen):
                return screen
            if time.monotonic() > deadline:
                raise AssertionError(f"never on the screen: {condition}\n{screen}")
            time.sleep(0.05)
