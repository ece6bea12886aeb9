#!/usr/bin/env python3
"""Stands where `janua-cgi` looks for `janua`: notes that it was started, and becomes the real one.

The file `mode` beside it may say that a backend is to go wrong on the way. @REAL@ and @PYTHON@ are filled in.
"""

import os
import signal
import socket
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def record(kind, number, content=b""):
    return struct.pack(">BBHHBx", 1, kind, number, len(content), 0) + content


def take():
    """One request: its connection, when all of its head has come."""
    connection, _ = socket.socket(fileno=os.dup(0)).accept()
    head = b""
    while record(4, 1) not in head:
        piece = connection.recv(65536)
        if not piece:
            return take()
        if not head and len(piece) < 100:
            # A question alone: is anybody there?
            connection.sendall(record(10, 0))
        else:
            head += piece
    return connection


def backend(mode):
    if mode == "ends":
        sys.exit("it cannot be loaded, for a reason of its own")
    elif mode == "ends-once":
        # As one that retires: whoever had connected to it is not served.
        take().close()
        with open(os.path.join(HERE, "mode"), "w") as file:
            file.write("works")
        os.unlink(os.environ["JANUA_CGI_BACKEND"] + ".socket")
        sys.exit()
    elif mode in ("dies", "dies-in-answer"):
        connection = take()
        connection.sendall(record(10, 0))
        if mode == "dies-in-answer":
            connection.sendall(record(6, 1, b"Status: 200 OK\r\nContent-Type: text/plain\r\n\r\na part"))
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)
    elif mode == "nonsense":
        connection = take()
        connection.sendall(record(10, 0) + b"HTTP/1.1 200 OK\r\n\r\n")
        time.sleep(10)
        sys.exit()
    elif mode == "answers-early":
        connection = take()
        connection.sendall(record(10, 0) + record(6, 1, b"Status: 200 OK\r\n\r\n" + b"x" * 40000) + record(6, 1)
                           + record(3, 1, bytes(8)))
        connection.close()
        time.sleep(30)
        sys.exit()
    elif mode == "slow":
        time.sleep(1)


with open(os.path.join(HERE, "mode")) as file:
    mode = file.read()
prefix = os.environ.get("JANUA_CGI_BACKEND")
with open(os.path.join(HERE, "started"), "a") as file:
    file.write(f"{'backend' if prefix else 'process'} {os.getpid()}\n")
if prefix:
    backend(mode)
    if not @KNOWS_BACKENDS@:
        del os.environ["JANUA_CGI_BACKEND"]
os.execv(@REAL@, [@REAL@, *sys.argv[1:]])
