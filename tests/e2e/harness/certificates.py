"""Certificates made with the openssl command, for servers and for clients.

    authority = Authority(directory)
    server = authority.issue("localhost")          # .cert and .key, paths of PEM files
    old = authority.issue("localhost", expired=True)
    alone = self_signed(directory, "localhost")
"""

import os
import subprocess
from dataclasses import dataclass

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

# What `openssl ca` wants, which alone can make a certificate of the past.
CA_CONFIG = """\
[ca]
default_ca = here
[here]
dir = {directory}
database = {directory}/index.txt
new_certs_dir = {directory}
serial = {directory}/serial
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


@dataclass
class Certificate:
    cert: str
    key: str


def openssl(*args):
    done = subprocess.run(["openssl", *args], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(args)}: {done.stderr}")


def alternative_names(names):
    return "subjectAltName=" + ",".join(
        f"IP:{name}" if name.replace(".", "").isdigit() or ":" in name else f"DNS:{name}"
        for name in names)


def self_signed(directory, *names):
    made = Certificate(os.path.join(directory, "alone.pem"), os.path.join(directory, "alone.key"))
    openssl("req", "-x509", *NEW_KEY, "-keyout", made.key, "-out", made.cert, "-days", "2",
            "-subj", f"/CN={names[0]}", "-addext", alternative_names(names))
    return made


class Authority:
    """name: told apart from others in its directory."""

    def __init__(self, directory, name="ca"):
        self.directory = directory
        self.name = name
        self.cert = os.path.join(directory, f"{name}.pem")
        self.key = os.path.join(directory, f"{name}.key")
        self.issued = 0
        openssl("req", "-x509", *NEW_KEY, "-keyout", self.key, "-out", self.cert, "-days", "2",
                "-subj", f"/CN=test authority {name}")

    def issue(self, *names, expired=False):
        """For names or addresses."""
        self.issued += 1
        base = os.path.join(self.directory, f"{self.name}-{self.issued}")
        made = Certificate(f"{base}.pem", f"{base}.key")
        request = ["-subj", f"/CN={names[0]}", "-addext", alternative_names(names)]
        if expired:
            self._issue_of_the_past(made, base, request)
        else:
            openssl("req", "-x509", "-CA", self.cert, "-CAkey", self.key, *NEW_KEY, "-keyout",
                    made.key, "-out", made.cert, "-days", "2", *request, "-addext",
                    "basicConstraints=critical,CA:FALSE")
        return made

    def _issue_of_the_past(self, made, base, request):
        with open(os.path.join(self.directory, "index.txt"), "w", encoding="ascii"):
            pass
        with open(os.path.join(self.directory, "serial"), "w", encoding="ascii") as out:
            out.write("01\n")
        with open(f"{base}.cnf", "w", encoding="ascii") as out:
            out.write(CA_CONFIG.format(directory=self.directory))
        openssl("req", *NEW_KEY, "-keyout", made.key, "-out", f"{base}.csr", *request)
        openssl("ca", "-batch", "-notext", "-config", f"{base}.cnf", "-cert", self.cert, "-keyfile",
                self.key, "-in", f"{base}.csr", "-out", made.cert, "-startdate", "20200101000000Z",
                "-enddate", "20200201000000Z")
