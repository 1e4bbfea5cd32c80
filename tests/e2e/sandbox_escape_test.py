"""What a program in a sandbox tries, and must not get: the machine's files and processes, other sandboxes, the network,
more than its share; and what a client tries by paths, frames and slowness."""
import http.client
import os
import pathlib
import re
import secrets
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from checks import Checks
from program import is_sanitized, program
from sandbox_server import KEY, Server, eventually, frames, is_root, outcome

MARKER = "mk-" + secrets.token_hex(12)


def refused(checks, what, box, command, words=""):
    """The command fails, and for the reason that is expected."""
    code, out, err = box.run(command)
    checks.that(f"{what}: fails", code not in (0, None), (code, out, err))
    checks.that(f"{what}: and tells nothing", MARKER not in out + err, out)
    if words:
        checks.contains(f"{what}: why", err, words)


def check_rights(checks, box):
    status = box.out("cat /proc/self/status")
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        checks.equal(f"rights: {name}", re.search(rf"{name}:\s+(\w+)", status)[1], "0" * 16)
    checks.equal("rights: no new privileges", re.search(r"NoNewPrivs:\s+(\d)", status)[1], "1")
    checks.equal("rights: a filter of system calls", re.search(r"Seccomp:\s+(\d)", status)[1], "2")
    checks.equal("rights: the user", box.out("id"), "uid=1000(user) gid=1000(user) groups=1000(user)\n")
    refused(checks, "rights: a setuid program gives none", box, "su -c id root </dev/null")


def check_mounts(checks, box):
    for command in ("mount -t tmpfs none /tmp", "mount --bind / /tmp", "mount -t proc proc /tmp", "umount /proc", "unshare -Ur true", "unshare -m true",
                    "unshare -n true", "nsenter -t 1 -m true", "chroot / true"):
        refused(checks, command, box, f"PATH=$PATH:/usr/sbin:/sbin; {command}")
    writable = box.out("find / -xdev -writable -not -path '/proc/*' 2>/dev/null; for d in /usr /etc /opt /dev /run /var; do [ -w $d ] && echo $d; done").split()
    checks.equal("mounts: nothing else can be written", sorted(writable), ["/home/user", "/tmp", "/var/tmp"])
    mounts = box.out("cat /proc/self/mounts")
    for point in ("/", "/usr", "/opt/osiris/osiris"):
        found = re.search(rf"^\S+ {point} \S+ (\S+)", mounts, re.M)
        checks.that(f"mounts: {point} is to be read only", found and found[1].split(",")[0] == "ro", found and found[0])
    checks.equal("mounts: no block or character device but the harmless", sorted(box.out("find /dev -type b -o -type c | xargs -n1 basename").split()),
                 sorted(set(box.out("find /dev -type b -o -type c | xargs -n1 basename").split()) & {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "0", "1", "2"}))
    refused(checks, "the kernel's settings", box, "echo x > /proc/sys/kernel/core_pattern")
    refused(checks, "the kernel's keys", box, "echo b > /proc/sysrq-trigger")
    refused(checks, "our own program", box, "echo x >> /opt/osiris/osiris")
    refused(checks, "our own program, by its process", box, "for p in /proc/[0-9]*/exe; do echo x >> $p || exit 1; done")


SYSTEM_CALLS = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    libc.syscall(ctypes.c_long(number), *arguments)
    return ctypes.get_errno()
wrong = {}
calls = {"ptrace": (101, 16, 1, 0, 0), "process_vm_readv": (310, 1, 0, 0, 0, 0, 0), "bpf": (321, 0, 0, 0), "userfaultfd": (323, 0),
         "perf_event_open": (298, 0, 0, -1, -1, 0), "io_uring_setup": (425, 1, 0), "keyctl": (250, 0, 0), "add_key": (248, 0, 0, 0, 0, 0),
         "kexec_load": (246, 0, 0, 0, 0), "init_module": (175, 0, 0, 0), "setns": (308, 0, 0), "unshare": (272, 0x10000000), "open_tree": (428, -100, 0, 0),
         "fsopen": (430, 0, 0), "mount": (165, 0, 0, 0, 0, 0), "pivot_root": (155, 0, 0), "open_by_handle_at": (304, 0, 0, 0), "reboot": (169, 0, 0, 0, 0),
         "clone(NEWUSER)": (56, 0x10000000 | 17, 0, 0, 0, 0)}
for name, (number, *arguments) in calls.items():
    ctypes.set_errno(0)
    code = call(number, *[ctypes.c_long(a) for a in arguments])
    if code != 1: wrong[name] = code
import socket
for family in (38, 40, 17, 16):
    try: socket.socket(family, socket.SOCK_RAW if family == 16 else socket.SOCK_STREAM); wrong.setdefault(f"family {family}", "open") if family != 16 else None
    except OSError as e: pass
print(wrong)
"""


def check_system_calls(checks, box):
    if os.uname().machine != "x86_64":
        return
    box.write("/tmp/calls.py", SYSTEM_CALLS.encode())
    checks.equal("system calls that lead out are refused", box.run(f"{sandbox_python()} /tmp/calls.py")[1], "{}\n")


def sandbox_python():
    """The interpreter that the container has: one below /usr."""
    found = [path for path in ("/usr/bin/python3",) if os.path.exists(path)]
    return found[0]


def check_machine(checks, server, box):
    with tempfile.NamedTemporaryFile("w", dir="/tmp", suffix=".txt") as file:
        file.write(MARKER)
        file.flush()
        os.chmod(file.name, 0o644)
        home = pathlib.Path.home()
        for path in (file.name, f"{server.folder}/stderr.txt", str(home), "/root", "/etc/shadow", "/sys", "/boot", "/var/run", f"/proc/1/root{file.name}",
                     str(pathlib.Path(program()).parent)):
            refused(checks, f"the machine's {path}", box, f"cat '{path}'/* '{path}' 2>/dev/null || ls '{path}/x'")
        checks.equal("the file API: a path of the machine", box.read(file.name).status, 404)
        checks.equal("the file API: over ..", box.read("/home/user/../../.." + file.name).status, 404)
        box.run(f"ln -s '{file.name}' way-out; ln -sfn / root; ln -s /proc/1/root top")
        for path in ("way-out", "root" + file.name, "top" + file.name, "/proc/self/root" + file.name):
            answer = box.read(path)
            checks.that(f"the file API: through a link, {path}", answer.status >= 400 and MARKER.encode() not in answer.body, answer)
        answer = box.write("../../../.." + file.name, b"changed")
        checks.equal("the file API: nothing is written outside", pathlib.Path(file.name).read_text(encoding="utf-8"), MARKER)
        for path in ("%00", "a%00b", "/dev/zero", "/dev/zero/x"):
            answer = box.ask("GET", f"/files?path={path}", timeout_s=20)
            checks.that(f"the file API: {path}", 400 <= answer.status < 500, answer)


def check_processes(checks, box, other):
    seen = set(box.out("cat /proc/[0-9]*/comm").split())
    checks.that("processes: nobody else's", {"bwrap", "osiris"} <= seen <= {"bash", "bwrap", "cat", "osiris", "sleep", "ipcmk"}, seen)
    own = subprocess.Popen(["sleep", "300"])
    try:
        refused(checks, "processes: a signal to one outside", box, f"kill -9 {own.pid}", "No such process")
        box.run("kill -9 -1")
        time.sleep(0.2)
        checks.that("processes: kill -1 stays inside", own.poll() is None)
        checks.equal("processes: and out of other sandboxes", other.out("echo well"), "well\n")
    finally:
        own.kill()
        own.wait()


def check_agent(checks, box):
    """What runs in a sandbox has the same user as its agent."""
    agents = "for p in /proc/[0-9]*; do [ \"$(cat $p/comm)\" = osiris ] && echo ${p#/proc/}; done | head -1"
    refused(checks, "the agent's memory", box, f"head -c 1 /proc/$({agents})/mem")
    refused(checks, "the agent's sockets", box, f"ls /proc/$({agents})/fd/3 && cat < /proc/$({agents})/fd/3")


def check_others(checks, box, other):
    box.write("/tmp/mine", MARKER.encode())
    box.write("mine", MARKER.encode())
    for path in ("/tmp/mine", "/home/user/mine", "/var/tmp/mine", "/dev/shm/mine"):
        refused(checks, f"another sandbox's {path}", other, f"cat {path}")
        checks.equal(f"another sandbox's {path}, by the file API", other.read(path).status, 404)
    box.start("ipcmk -M 1000; sleep 30")
    checks.equal("another sandbox's shared memory", other.out("ipcs -m | grep -c 0x"), "0\n")


def check_environment(checks, box):
    seen = box.out("env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'")
    for what, text in (("a secret of the server's environment", MARKER), ("the key", KEY), ("the token", box.token)):
        checks.equal(f"environment: {what}", text in seen, False)


def check_network(checks, server_options, works):
    """Which of the machine's servers can be reached."""
    with Server(*server_options) as server:
        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        wanted = {} if works else {"allow_internet_access": False}
        box = server.create(**wanted)
        code = box.run(f"exec 3<>/dev/tcp/127.0.0.1/{port}")[0]
        checks.equal(f"network {server_options} {wanted}: the machine's port", code == 0, works)
        checks.equal(f"network {server_options}: the server's own port", box.run(f"exec 3<>/dev/tcp/127.0.0.1/{server.port}")[0] == 0, works)
        if not works:
            checks.equal("network: its only interface", box.out("tail -n +3 /proc/net/dev | cut -d: -f1").split(), ["lo"])
            info = server.api("GET", f"/sandboxes/{box.id}").json()
            checks.equal("network: its info says so", info["allowInternetAccess"], False)
        listening.close()


def check_denied_network(checks):
    with Server("--network", "denied") as server:
        box = server.create()
        refused(checks, "network denied: not even a socket", box, "exec 3<>/dev/tcp/127.0.0.1/1", "Address family not supported")
        name = f"osiris-test-{os.getpid()}"
        listening = socket.socket(socket.AF_UNIX)
        listening.bind("\0" + name)
        listening.listen()
        script = f"import socket; socket.socket(socket.AF_UNIX).connect('\\0{name}')"
        refused(checks, "network denied: no socket of the machine by its abstract name", box, f'{sandbox_python()} -c "{script}"', "refused")
        listening.close()


def check_bombs(checks):
    # A sanitizer needs more than the whole for itself.
    with Server("--memory", "400MiB" if is_sanitized() else "64MiB", "--disk", "32MiB") as server:
        box, other = server.create(), server.create()
        code, _, err = box.run("head -c 100M /dev/zero > big")
        checks.that("disk: full at its limit", code != 0 and "No space left" in err, err)
        checks.that("disk: not more than its limit", int(box.out("stat -c %s big")) <= 32 << 20, box.out("stat -c %s big"))
        checks.equal("disk: the file API says so", box.write("more", b"x" * 1_000_000).status, 507)
        box.run("rm big")
        refused(checks, "disk: /tmp is limited, too", box, "head -c 100M /dev/zero > /tmp/big", "No space left")
        refused(checks, "disk: /dev/shm is limited, too", box, "head -c 100M /dev/zero > /dev/shm/big", "No space left")
        box.run("rm -f /tmp/big /dev/shm/big")
        code, out, _ = box.run("head -c 100M /dev/zero | tail -c 90M | wc -c")
        # The limit of each process is one of its address space, of which a sanitizer takes all.
        if not is_sanitized():
            checks.that("memory: one process does not get more than the limit", out.strip() != str(90 << 20), (code, out))
        box.write("eaters.sh", b"for i in $(seq 20); do (head -c 50M /dev/zero | tail -c 45M | (sleep 1; wc -c)) & done; wait")
        most = box.out("bash eaters.sh").split()
        checks.that("memory: many do not get more together", 0 < sum(map(int, most)) < 20 * 45 << 20, most)
        checks.equal("memory: the sandbox lives on", box.out("echo alive"), "alive\n")
        checks.equal("memory: what runs ends before what serves", box.out("cat /proc/self/oom_score_adj"), "1000\n")
        response, connection = box.start("bomb() { bomb | bomb & }; bomb; sleep 2; echo through", timeout_s=30)
        time.sleep(1.5)
        checks.equal("processes: the sandbox has not died of them", server.said(), "")
        count = len(server.processes())
        checks.that("processes: no more than the limit", count < 1300, count)
        checks.equal("processes: another sandbox works on", other.out("echo well"), "well\n")
        began = time.monotonic()
        checks.equal("processes: a bomb can be ended", box.remove(), 204)
        checks.that("processes: soon", time.monotonic() - began < 10, time.monotonic() - began)
        connection.close()
        response.close()
        checks.that("processes: and all of it has ended", eventually(lambda: len(server.processes()) <= 3), len(server.processes()))


def raw(server, request, patience_s=15):
    """What the server says to these bytes, until it closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=patience_s) as connection:
        connection.sendall(request)
        text = b""
        try:
            while part := connection.recv(65536):
                text += part
        except OSError:
            pass
        return text


def check_frames(checks, server, box):
    """Frames that are too long, too short, or none."""
    def send(payload, size=None):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        prefix = struct.pack(">BI", 0, len(payload) if size is None else size)
        connection.request("POST", "/process.Process/Start", prefix + payload, box.headers({"Content-Type": "application/connect+json"}))
        response = connection.getresponse()
        return response.status, frames(response)

    for what, arguments in (("a frame of 4 GiB", (b"{}", 0xFFFFFFFF)), ("half a frame", (b"{}", 100)), ("no JSON", (b"{",))):
        status, messages = send(*arguments)
        checks.that(f"{what}: refused", status >= 400 or (messages and "error" in messages[-1][1]), (status, messages))
    checks.equal("frames: the sandbox works on", box.out("echo well"), "well\n")
    big = "x" * 100_000
    checks.equal("a large frame within bounds", box.out(f"echo {big} | wc -c"), "100001\n")


def check_heads(checks, server):
    """Requests that two servers might understand in two ways, or that never end."""
    for what, request in (("two lengths", b"POST /v2/sandboxes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
                          ("length and chunks", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                          ("a head without an end", b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000), ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")):
        checks.that(f"{what}: 400", raw(server, request).startswith(b"HTTP/1.1 400"), raw(server, request)[:100])


def check_slow_clients(checks, server, box):
    """Those who read or write slowly hold nobody up, and cost no memory."""
    box.run("head -c 200M /dev/zero > large")
    before = server.resident_bytes()
    slow = []
    for _ in range(8):
        connection = socket.create_connection(("127.0.0.1", server.port))
        request = f"GET /files?path=large HTTP/1.1\r\nHost: localhost\r\nE2b-Sandbox-Id: {box.id}\r\nX-Access-Token: {box.token}\r\n\r\n"
        connection.sendall(request.encode())
        slow.append(connection)
        writer = socket.create_connection(("127.0.0.1", server.port))
        writer.sendall(b"POST /v2/sandboxes HTTP/1.1\r\nHost: localhost\r\nContent-Le")
        slow.append(writer)
    time.sleep(0.5)
    began = time.monotonic()
    checks.equal("slow clients: others are served", box.out("echo well"), "well\n")
    checks.that("slow clients: at once", time.monotonic() - began < (10 if is_sanitized() else 2), time.monotonic() - began)
    if not is_sanitized():
        checks.that("slow clients: cost little memory", server.resident_bytes() - before < 16 << 20, server.resident_bytes() - before)
    for connection in slow:
        connection.close()


def check_cut_upload(checks, server, box):
    """A client that goes within its upload."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"POST /files?path=cut HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000000\r\nContent-Type: application/octet-stream\r\n"
                           f"E2b-Sandbox-Id: {box.id}\r\nX-Access-Token: {box.token}\r\n\r\n".encode() + b"x" * 3_000_000)
    checks.equal("a cut upload: the sandbox works on", box.out("echo well"), "well\n")
    threads = threading.active_count()
    checks.that("a cut upload: no process is left over", eventually(lambda: len(server.processes()) <= 9), (len(server.processes()), threads))


def check_ordinary_user(checks):
    """A server that is not root's: the same containers, by other means where control groups are root's."""
    if not is_root():
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        copy = pathlib.Path(folder) / "osiris"
        copy.write_bytes(pathlib.Path(program()).read_bytes())
        copy.chmod(0o755)
        old, os.environ["OSIRIS_TEST_PROGRAM"] = os.environ.get("OSIRIS_TEST_PROGRAM"), str(copy)
        try:
            with Server("--memory", "128MiB", prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")) as server:
                box = server.create()
                checks.contains("ordinary user: says what holds memory", server.greeting, "memory: ")
                checks.equal("ordinary user: the sandbox's user", box.out("id -un"), "user\n")
                refused(checks, "ordinary user: the machine's files", box, "cat /etc/shadow")
                code, out, _ = box.run("head -c 900M /dev/zero | tail -c 890M | wc -c")
                if not is_sanitized():
                    checks.that("ordinary user: memory is limited", out.strip() != str(890 << 20), (code, out))
                response, connection = box.start("bomb() { bomb | bomb & }; bomb; sleep 1", timeout_s=30)
                time.sleep(1)
                checks.that("ordinary user: processes are limited", len(server.processes()) < 1300, len(server.processes()))
                checks.equal("ordinary user: a bomb can be ended", box.remove(), 204)
                connection.close()
                response.close()
                checks.that("ordinary user: all of it has ended", eventually(lambda: server.processes() == set()), server.processes())
                paused = server.create()
                status = server.api("POST", f"/sandboxes/{paused.id}/pause").status
                checks.that("ordinary user: pause works or says that it cannot", status == (204 if "pause: freezer" in server.greeting else 501), status)
        finally:
            if old is None:
                del os.environ["OSIRIS_TEST_PROGRAM"]
            else:
                os.environ["OSIRIS_TEST_PROGRAM"] = old


def main(checks):
    with Server(variables={"A_SECRET_OF_THE_SERVER": MARKER}) as server:
        box, other = server.create(envVars={"A": "b"}), server.create()
        for check in (check_rights, check_mounts, check_system_calls, check_environment, check_agent):
            checks.group(check.__name__, check, box)
        checks.group("check_machine", check_machine, server, box)
        checks.group("check_others", check_others, box, other)
        for check in (check_frames, check_slow_clients, check_cut_upload):
            checks.group(check.__name__, check, server, box)
        checks.group("check_heads", check_heads, server)
        checks.group("check_processes", check_processes, box, other)
        checks.that("processes: who kills all of his own ends", eventually(lambda: box.id not in server.ids()), server.ids())
        checks.equal("nothing else was said", server.said(), f"the sandbox '{box.id}' ended with code 137 by itself\n")
    checks.group("check_network allowed", check_network, (), True)
    checks.group("check_network by wish", check_network, (), False)
    checks.group("check_network loopback", check_network, ("--network", "loopback"), False)
    for check in (check_denied_network, check_bombs, check_ordinary_user):
        checks.group(check.__name__, check)


if __name__ == "__main__":
    Checks.run(main)
