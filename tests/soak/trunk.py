"""FastCGI connections that many client threads share, each request with an id of its own."""

from __future__ import annotations

import os
import queue
import random
import select
import threading
import time
from typing import Dict, List, Optional

from client import fastcgi

#: Seconds without a byte after which a request counts as lost. Some faults stop everything for seconds, and a machine
#: may be busy with other things.
PATIENCE = 90.0

#: So many requests may be open at once; a service that says nothing else allows 100.
AT_ONCE = 60

#: After so many, another connection takes over: each worker is to have some of them in its time.
REQUESTS = 150


class Lane:
    """What one request sees of the connection."""

    def __init__(self, trunk: "Trunk", request: int):
        self.trunk, self.request = trunk, request
        self.arrived: queue.SimpleQueue = queue.SimpleQueue()
        self.ended = self.left = False

    def record(self) -> Optional[fastcgi.Record]:
        try:
            return self.arrived.get(timeout=PATIENCE)
        except queue.Empty:
            raise TimeoutError("nothing arrives for the request") from None

    def send(self, data: bytes) -> bool:
        return self.trunk.send(data)

    def abort(self) -> None:
        """Nothing more is sent or read. The id is free once the service has ended the request as well."""
        if self.trunk.leave(self):
            self.send(fastcgi.record(fastcgi.ABORT_REQUEST, self.request))

    close = abort


class Trunk(fastcgi.FastCgi):
    """One shared connection."""

    def __init__(self, where: str, account):
        super().__init__(where, PATIENCE)
        self.account = account
        self.opened = time.monotonic()
        #: The client's end as the kernel numbers it, also when it is closed already.
        self.token = ("unix", os.fstat(self.socket.fileno()).st_ino)
        self.lock, self.writing = threading.Lock(), threading.Lock()
        self.lanes: Dict[int, Lane] = {}
        self.begun = 0
        self.over = self.retired = False
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        names = (b"FCGI_MAX_CONNS", b"FCGI_MAX_REQS", b"FCGI_MPXS_CONNS")
        self.send(fastcgi.record(fastcgi.GET_VALUES, 0, fastcgi.pairs([(name, b"") for name in names])))

    def send(self, data: bytes) -> bool:
        # Records of different threads may follow each other in any order, but not lie inside each other.
        with self.writing:
            try:
                return super().send(data)
            except OSError:
                # It has ended meanwhile, or takes nothing: in either case no answer will come.
                return False

    def lane(self) -> Optional[Lane]:
        """For another request; `None` if there is no room for one here."""
        with self.lock:
            if self.over or self.retired or len(self.lanes) >= AT_ONCE:
                return None
            lane = Lane(self, random.choice([one for one in range(1, 2 * AT_ONCE) if one not in self.lanes]))
            self.lanes[lane.request] = lane
            self.begun += 1
            self.retired = self.begun >= REQUESTS
            return lane

    def ended_lane(self) -> Lane:
        """For a request that finds the connection at its end."""
        lane = Lane(self, 1)
        lane.ended = True
        lane.arrived.put(None)
        return lane

    def leave(self, lane: Lane) -> bool:
        """The client is done with a request. True if the service is not, and has to be told."""
        with self.lock:
            tell = not (lane.left or lane.ended or self.over)
            lane.left = True
            self._tidy(lane)
        return tell

    def _tidy(self, lane: Lane) -> None:
        if lane.left and lane.ended and self.lanes.get(lane.request) is lane:
            del self.lanes[lane.request]
        if self.retired and not self.lanes:
            self.stop_sending()

    def _read(self) -> None:
        try:
            while True:
                select.select([self.socket], [], [])
                arrived = self.record()
                if arrived is None:
                    break
                self._take(arrived)
        except (OSError, ValueError):
            pass
        except AssertionError as error:
            # A worker that is killed may leave half a record behind.
            self.account.note(f"a shared connection ended so: {error}")
        with self.lock:
            self.over = True
            for lane in self.lanes.values():
                lane.arrived.put(None)
        self.close()

    def _take(self, arrived: fastcgi.Record) -> None:
        if not arrived.request:
            values = dict(fastcgi.parse_pairs(arrived.content))
            if values.get(b"FCGI_MPXS_CONNS") != b"1":
                self.account.fault(f"the service shares no connections: {values}")
            return
        with self.lock:
            lane = self.lanes.get(arrived.request)
            if lane is None or lane.ended:
                self.account.fault(f"a record for nobody: {arrived}")
                return
            if arrived.kind == fastcgi.END_REQUEST:
                lane.ended = True
                self._tidy(lane)
            lane.arrived.put(arrived)


class Trunks:
    """The shared connections that there are."""

    COUNT = 2

    def __init__(self, where: str, account):
        self.where, self.account = where, account
        self.lock = threading.Lock()
        self.all: List[Trunk] = []

    def lane(self) -> Lane:
        with self.lock:
            self.all = [trunk for trunk in self.all if not (trunk.over or trunk.retired)]
            random.shuffle(self.all)
            for trunk in self.all if len(self.all) >= self.COUNT else ():
                lane = trunk.lane()
                if lane is not None:
                    return lane
            trunk = self._open()
            self.all.append(trunk)
            return trunk.lane() or trunk.ended_lane()

    def _open(self) -> Trunk:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return Trunk(self.where, self.account)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def close(self) -> None:
        """All of them are to end, while nothing is under way."""
        with self.lock:
            for trunk in self.all:
                trunk.stop_sending()
            self.all.clear()
