"""A process to which the system gives no unix sockets, as in some sandboxes: a filter of system calls says so."""

import ctypes
import errno
import os
import socket
import struct

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF_LD+W+ABS, BPF_JMP+JEQ+K, BPF_RET+K
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EAFNOSUPPORT
#: Where the filter finds the call's number, and the lower half of its first argument.
NUMBER, FAMILY = 0, 16
#: The numbers of `socket` and `socketpair`.
CALLS = {"x86_64": (41, 53), "aarch64": (198, 199)}


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("program", ctypes.c_char_p)]


def is_known() -> bool:
    return os.uname().machine in CALLS


def without_unix_sockets() -> None:
    """To be called in the process itself, before it becomes another program."""
    make, make_pair = CALLS[os.uname().machine]
    steps = [
        (LOAD, 0, 0, NUMBER),
        (EQUAL, 1, 0, make),
        (EQUAL, 0, 3, make_pair),
        (LOAD, 0, 0, FAMILY),
        (EQUAL, 0, 1, socket.AF_UNIX),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    ]
    program = b"".join(struct.pack("=HBBI", *step) for step in steps)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    whole = Filter(len(steps), program)
    for words in [(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(whole), 0, 0)]:
        if prctl(*words):
            raise OSError(ctypes.get_errno(), "prctl")
