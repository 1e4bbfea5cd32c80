"""Each tls_mode against a server with a certificate and one without: encrypted as asked for, or refused."""
import pathlib
import subprocess
import tempfile

import servers
from checks import Checks
from failures import check_failure
from program import CONNECTIONS, Project, pipeline, read_table, write_csv

CIPHER = pipeline(read_table(query="SHOW STATUS LIKE 'Ssl_cipher'"), write_csv(path="out.csv"))


def make_certificate(folder, name):
    """A key and a certificate that vouches for itself, readable by the server's account."""
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    key.chmod(0o644)
    return key, certificate


def run_with(server, mode, authority=None):
    """Runs the query for the session's cipher; returns a project that is still there, and the outcome."""
    connections = CONNECTIONS + f"      tls_mode: {mode}\n" + (f"      tls_ca: {authority}\n" if authority else "")
    project = Project({"osiris_connections.yaml": connections, "p.oml": CIPHER}, server.variables("mysql"))
    return project, lambda: project.run("run", "p.oml", "--json")


def check_mode(checks, server, mode, is_encrypted, authority=None):
    project, run = run_with(server, mode, authority)
    with project:
        outcome = run()
        checks.equal(f"{mode}: the run succeeds", outcome.exit_code, 0)
        cipher = (pathlib.Path(project.folder) / "out.csv").read_text().strip().split(",")[-1].strip('"')
        checks.equal(f"{mode}: encrypted is {is_encrypted}", bool(cipher), is_encrypted)


def check_refused(checks, server, mode, authority=None):
    project, run = run_with(server, mode, authority)
    with project:
        check_failure(checks, f"{mode} refused", run(), exit_code=1, code="connection.tls", kind="connection")


def main(checks):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        key, certificate = make_certificate(folder, "server")
        _, stranger = make_certificate(folder, "stranger")
        with servers.MariaDb(f"--ssl-cert={certificate}", f"--ssl-key={key}") as server:
            for mode, is_encrypted in (("disabled", False), ("preferred", True), ("required", True)):
                checks.group(mode, check_mode, server, mode, is_encrypted)
            for mode in ("verify_ca", "verify_identity"):
                checks.group(mode, check_mode, server, mode, True, certificate)
                checks.group(f"{mode} of a stranger", check_refused, server, mode, stranger)
        with servers.MariaDb() as server:
            checks.group("preferred without a certificate", check_mode, server, "preferred", False)
            checks.group("required without a certificate", check_refused, server, "required")


if __name__ == "__main__":
    Checks.run(main)
