"""A headless Chromium, driven by ChromeDriver over WebDriver (w3.org/TR/webdriver2).

    with Browser() as browser:
        browser.open(path)                       # a file of this machine
        browser.run("return document.title")     # JavaScript in the page
        browser.click("#theme")
"""

import base64
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

# Without the background networking it would try hosts that no test may need.
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--hide-scrollbars", "--force-device-scale-factor=1"]

# A limit against hanging, never something a test measures.
TIMEOUT = 60


class Browser:
    def __init__(self, width=1280, height=900):
        self.profile = tempfile.mkdtemp(prefix="inrush-browser-")
        # Files, not pipes: the driver must never wait for a reader.
        self.log = open(os.path.join(self.profile, "driver.log"), "w+b")  # noqa: SIM115
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=self.log,
                                       stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                       start_new_session=True)  # the browser is in it too
        self.session = None
        try:
            self.base = f"http://127.0.0.1:{self._port()}"
            options = {
                "args": [*ARGUMENTS, f"--window-size={width},{height}",
                         f"--user-data-dir={self.profile}/chromium"],
            }
            made = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
                "browserName": "chrome", "goog:chromeOptions": options,
                "goog:loggingPrefs": {"browser": "ALL"}}}})
            self.session = f"/session/{made['sessionId']}"
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            if self.session:
                self._call("DELETE", self.session)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.driver.pid, signal.SIGKILL)
            self.driver.wait(TIMEOUT)
            self.log.close()
            shutil.rmtree(self.profile, ignore_errors=True)

    def _port(self):
        """The free port that the driver chose, which it prints as it starts."""
        while self.driver.poll() is None:
            text = os.pread(self.log.fileno(), 65536, 0).decode("utf-8", "replace")
            found = re.search(r"started successfully on port (\d+)", text)
            if found:
                return int(found.group(1))
        raise AssertionError("chromedriver did not start")

    def _call(self, method, path, body=None):
        data = None if method in ("GET", "DELETE") else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.base + path, data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(error.read().decode("utf-8", "replace")) from None

    def _post(self, path, **body):
        return self._call("POST", self.session + path, body)

    # The page.

    def open(self, path):
        self._post("/url", url=pathlib.Path(path).resolve().as_uri())

    def run(self, script, *args):
        """The value that the JavaScript returns."""
        return self._post("/execute/sync", script=script, args=list(args))

    def text(self, selector):
        """What a person reads in the first match."""
        return self.run("return document.querySelector(arguments[0])?.innerText", selector)

    def count(self, selector):
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def console(self):
        """What the page has logged and thrown since the last call."""
        return [entry["message"] for entry in self._post("/se/log", type="browser")]

    def resize(self, width, height=900):
        self._cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)
        self._settle()

    def prefer(self, scheme):
        """"light" or "dark": what the person's system asks pages for."""
        self._cdp("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._settle()

    def screenshot(self, path):
        """The whole page as a PNG."""
        height = self.run("return document.documentElement.scrollHeight")
        width = self.run("return document.documentElement.clientWidth")
        image = self._cdp("Page.captureScreenshot", captureBeyondViewport=True, clip={
            "x": 0, "y": 0, "width": width, "height": height, "scale": 1})
        pathlib.Path(path).write_bytes(base64.b64decode(image["data"]))

    def _cdp(self, command, **params):
        return self._post("/goog/cdp/execute", cmd=command, params=params)

    # Pointer and keys. Positions are shares of the first match's box.

    def _element(self, selector):
        return self._post("/element", using="css selector", value=selector)

    def _point(self, selector, x, y):
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})",
                 selector)
        box = self.run("const b = document.querySelector(arguments[0]).getBoundingClientRect();"
                       "return [b.x, b.y, b.width, b.height]", selector)
        return {"type": "pointerMove", "duration": 0, "x": round(box[0] + x * box[2]),
                "y": round(box[1] + y * box[3])}

    def _settle(self):
        """Until what the last input caused has happened: events such as `toggle` come later."""
        self._post("/execute/async", args=[], script="""
            const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)));""")

    def _pointer(self, *steps):
        self._post("/actions", actions=[{"type": "pointer", "id": "mouse",
                                         "parameters": {"pointerType": "mouse"},
                                         "actions": list(steps)}])
        self._settle()

    def click(self, selector):
        element = self._element(selector)
        self._post(f"/element/{next(iter(element.values()))}/click")
        self._settle()

    def hover(self, selector, x=0.5, y=0.5):
        self._pointer(self._point(selector, x, y))

    def drag(self, selector, x1, x2, y=0.5):
        self._pointer(self._point(selector, x1, y), DOWN, self._point(selector, x2, y), UP)

    def double_click(self, selector):
        self._pointer(self._point(selector, 0.5, 0.5), DOWN, UP, DOWN, UP)

    def keys(self, selector, *keys):
        """Types into the first match; a key beyond characters by its WebDriver code."""
        self.run("document.querySelector(arguments[0]).focus()", selector)
        steps = [step for key in keys
                 for step in ({"type": "keyDown", "value": key}, {"type": "keyUp", "value": key})]
        self._post("/actions", actions=[{"type": "key", "id": "keyboard", "actions": steps}])
        self._settle()

    def choose(self, selector, label):
        """Picks the option of a select that has this label."""
        self.run("""
            const select = document.querySelector(arguments[0]);
            select.value = [...select.options].find((o) => o.text === arguments[1]).value;
            select.dispatchEvent(new Event("change", { bubbles: true }));""", selector, label)


DOWN = {"type": "pointerDown", "button": 0}
UP = {"type": "pointerUp", "button": 0}
LEFT, RIGHT, ESCAPE = "\ue012", "\ue014", "\ue00c"
