"""    python -m soak [--minutes=60] [--requests=1000000] [--seed=1] [--folder=FOLDER] [--janua=COMMAND]

One `janua serve` with two workers of four threads under mixed load by every protocol, partly behind nginx, while things
go wrong. It takes as long as it is told and writes into FOLDER: report.txt, samples.tsv (every ten seconds), details.txt
(every request that was not answered rightly, and why) and service.log. The exit status is 1 if anything was lost.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from client.connection import connect
from client.ports import free_port

from .account import Account
from .app import BLOB
from .faults import BACKLOG, Faults
from .load import Client, Load
from .measure import children
from .nginx import Nginx
from .report import Report

APP = Path(__file__).with_name("app.py")


class Log(threading.Thread):
    """The service's log, taken from a pipe: a limit on the size of files must not silence it."""

    #: So much of it is written down.
    MOST = 200 << 20

    def __init__(self, pipe, path: Path):
        super().__init__(daemon=True)
        self.pipe, self.path = pipe, path
        self.counts = {"lines": 0, "deaths": 0, "faults": 0, "tracebacks": 0, "descriptors": 0}

    def run(self) -> None:
        written = 0
        with open(self.path, "ab", buffering=0) as file:
            for line in self.pipe:
                self.counts["lines"] += 1
                self.counts["deaths"] += b": worker " in line and b"another starts in" in line
                self.counts["faults"] += b"a fault in janua itself" in line or b"panicked at" in line
                self.counts["tracebacks"] += line.startswith(b"Traceback")
                self.counts["descriptors"] += b"no connection could be accepted" in line
                if written < self.MOST:
                    try:
                        written += file.write(line)
                    except OSError:
                        written = self.MOST


def service(command: str, folder: Path, places: dict) -> subprocess.Popen:
    listen = [
        f"--scgi={places['scgi']}", f"--scgi={places['scgi_tcp']}", f"--fastcgi={places['fastcgi']}",
        f"--fastcgi={places['fastcgi_tcp']}", f"--http={places['http']}", f"--scgi={places['to_scgi']}",
        f"--fastcgi={places['to_fastcgi']}",
    ]  # fmt: skip
    environ = {name: value for name, value in os.environ.items() if not name.startswith("JANUA_")}
    # What an allocator keeps for later would hide a leak: it is told to give large blocks back.
    environ.update(MALLOC_MMAP_THRESHOLD_="131072", MALLOC_TRIM_THRESHOLD_="131072")
    environ.update(SOAK_LEDGER=f"{folder}/ledger", SOAK_FILE=f"{folder}/file", TMPDIR=f"{folder}/tmp")
    options = ["--workers=2", "--threads=4", f"--backlog={BACKLOG}", "--body-memory=256k", *listen, APP]
    return subprocess.Popen([command, "serve", *options], env=environ, cwd=folder, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)


def until(condition, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(what)
        time.sleep(0.05)


def listens(where: str) -> bool:
    try:
        connect(where, 5).close()
        return True
    except OSError:
        return False


def main() -> int:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--requests", type=int, help="how many at least; by default a million in an hour")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=24, help="clients at once")
    parser.add_argument("--folder", type=Path, default=Path("target/soak"))
    parser.add_argument("--janua", default=shutil.which("janua"))
    parser.add_argument("--no-faults", action="store_true")
    options = parser.parse_args()
    wanted = options.requests or int(1_000_000 * options.minutes / 60)
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    results = options.folder.absolute()
    results.mkdir(parents=True, exist_ok=True)
    for name in ("report.txt", "samples.tsv", "details.txt", "service.log"):
        (results / name).unlink(missing_ok=True)
    # Short, because it holds unix sockets; and nginx, as another user, must get at it.
    folder = Path(tempfile.mkdtemp(prefix="soak-", dir="/tmp"))
    folder.chmod(0o755)
    (folder / "tmp").mkdir()
    (folder / "file").write_bytes(BLOB[1000:201_000])
    tcp = [f"127.0.0.1:{free_port()}" for _ in range(6)]
    places = {
        "scgi": f"unix:{folder}/scgi", "fastcgi": f"unix:{folder}/fastcgi", "fastcgi_kept": f"unix:{folder}/fastcgi",
        "fastcgi_shared": f"unix:{folder}/fastcgi",
        "scgi_tcp": tcp[0], "fastcgi_tcp": tcp[1], "http": tcp[2], "to_scgi": tcp[3], "to_fastcgi": tcp[4],
    }  # fmt: skip
    places.update({way: tcp[5] for way in Faults.NGINX_WAYS})
    nginx = Nginx(folder, int(tcp[5].rpartition(":")[2]), places["to_scgi"], places["to_fastcgi"])
    account = Account(str(folder / "ledger"), str(results / "details.txt"))
    report = Report(results)
    report.say(f"{options.minutes:g} minutes, at least {wanted} requests, seed {options.seed}; details in {results}")
    process = service(options.janua, folder, places)
    log = Log(process.stdout, results / "service.log")
    log.start()
    load = faults = None
    status = None
    try:
        until(lambda: len(children(process.pid)) == 2 and all(listens(places[way]) for way in places if "nginx" not in way),
              60, "the service does not start; see service.log")
        nginx.start()
        time.sleep(1)
        load = Load(options.threads, options.seed, account, places, (folder / "file").read_bytes())
        extra = Client(f"{options.seed}.extra", account, places, (folder / "file").read_bytes(), load.trunks)
        ports = [int(places[name].rpartition(":")[2]) for name in ("to_scgi", "to_fastcgi")]
        faults = Faults(options.seed, account, process.pid, nginx, extra, ports)
        run(options, wanted, account, load, faults, report)
    except KeyboardInterrupt:
        report.say("interrupted")
    except Exception:
        account.fault(f"the run broke off: {traceback.format_exc()}")
        report.say(traceback.format_exc())
    finally:
        if faults and faults.thread.is_alive():
            faults.end()
        if load:
            load.end()
        nginx.stop()
        if process.poll() is None:
            process.terminate()
        try:
            status = process.wait(90)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.join(10)
    left = [path.name for path in (folder / "tmp").iterdir()]
    if left:
        account.fault(f"temporary files were left behind: {left}")
    bad = ["nothing was asked"]
    if faults:
        bad = report.verdict(account, faults, wanted, status, len(account.deaths), log.counts)
        report.summary(account, faults, bad, log.counts)
    shutil.rmtree(folder, ignore_errors=True)
    return 1 if bad else 0


def run(options, wanted, account, load, faults, report) -> None:
    """The load, with a rest after each twelfth of the time (a third if it is short), in which what is held is measured."""
    began = time.monotonic()
    end = began + options.minutes * 60
    part = options.minutes * 60 / (12 if options.minutes > 20 else 3)
    next_rest, next_sample, next_interim = began + part, began + 10, began + 60
    load.start()
    if not options.no_faults:
        faults.start()
    while (now := time.monotonic()) < end:
        # What is still to be asked in the time that is left, and a little more: rests and faults cost some.
        left = max(1.0, end - now - 5)
        load.rate = min(1500.0, max(50.0, 1.06 * (wanted - account.counts["right"]) / left))
        time.sleep(0.5)
        if now >= next_sample:
            next_sample += 10
            safely(account, report.sample, account, faults)
        if now >= next_interim:
            next_interim += 60
            safely(account, report.interim, account, faults)
        if now >= next_rest:
            next_rest += part
            rest(load, faults, account, report)
        if faults.steady not in children(faults.supervisor):
            account.fault("the worker that was to stay has ended")
            faults.steady = (children(faults.supervisor) or [0])[0]
    report.interim(account, faults)
    rest(load, faults, account, report, go_on=False)


def safely(account, work, *arguments) -> None:
    """A report that cannot be made must not end the run."""
    try:
        work(*arguments)
    except Exception:
        account.fault(f"{work.__name__} failed: {traceback.format_exc()}")


def rest(load, faults, account, report, go_on: bool = True) -> None:
    faults.quiet.set()
    with faults.lock:
        if not load.rest():
            account.fault(f"{account.under_way} requests do not end, {load.busy} clients are not done")
        # nginx closes the connections that it keeps after two seconds, and those that left are noticed. What is free then
        # janua gives back when it next looks, after five seconds at most, or ten if others were in its way.
        time.sleep(12)
        report.rest(faults)
    faults.quiet.clear()
    if go_on:
        load.resume()


if __name__ == "__main__":
    sys.exit(main())
