"""A fence that a Linux child puts around itself: it reads files, computes and prints, no more.

`close_fence()` asks the kernel (seccomp, a filter of system calls) to refuse, for this process and
until it ends, to write, remove or rename files, to start processes, to reach the network, and to
signal, trace or limit other processes. What is refused looks like a file system that is read-only,
or an operation that is not permitted: an OSError, which says so in the learner's own words.

It is a fence and no jail: what can be read, can be read. Where there is no such filter, the limits
of `tutor.sandbox.limits` stand alone.

Numbers of system calls: asm/unistd_64.h (x86_64) and asm-generic/unistd.h (aarch64) of Linux.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable, Mapping

_SET_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data

_THREAD = 0x00010000  # CLONE_THREAD: a thread of our own is no new process
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_X32 = 0x40000000
_SIGNAL_OWNERS = (8, 15)  # F_SETOWN, F_SETOWN_EX
_TYPE_INTO = 0x5412  # TIOCSTI

_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

# For each call its number on x86_64 and on aarch64, None where there is none.
_OF_FILES = {
    "creat": (85, None), "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None), "unlink": (87, None),
    "unlinkat": (263, 35), "symlink": (88, None), "symlinkat": (266, 36), "link": (86, None),
    "linkat": (265, 37), "mknod": (133, None), "mknodat": (259, 33), "truncate": (76, 45),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, None), "lchown": (94, None), "fchown": (93, 55), "fchownat": (260, 54),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14),
    "lremovexattr": (198, 15), "fremovexattr": (199, 16), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "swapon": (167, 224), "mount_setattr": (442, 442),
    "move_mount": (429, 429), "fsopen": (430, 430), "open_tree": (428, 428),
    "open_by_handle_at": (304, 265),
}  # fmt: skip
_OF_PROCESSES = {
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438),
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "setrlimit": (160, 164), "setpriority": (141, 140), "ioprio_set": (251, 30),
    "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "unshare": (272, 97), "setns": (308, 268), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "kexec_load": (246, 104),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "reboot": (169, 142), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "sethostname": (170, 161),
    "setdomainname": (171, 162), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190),
    "mq_open": (240, 180),
}  # fmt: skip
_OF_NETWORK = {
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200),
    "sendto": (44, 206), "sendmsg": (46, 211), "sendmmsg": (307, 269),
}  # fmt: skip
# What must look as if it were not there, so that the C library takes the older call.
_NEWER = {"clone3": (435, 435), "openat2": (437, 437)}

Instruction = tuple[int, int, int, int]


def close_fence() -> bool:
    """Put the fence up; False where the platform has none. It cannot be taken down again."""
    known = _ARCHITECTURES.get(platform.machine())
    if not sys.platform.startswith("linux") or known is None or sys.byteorder != "little":
        return False
    program = _program(*known)
    code = b"".join(struct.pack("<HBBI", *step) for step in program)
    held = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("@HP", len(program), ctypes.addressof(held))
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return False
    zero = ctypes.c_ulong(0)
    if prctl(_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) != 0:
        return False
    return bool(
        prctl(_SET_SECCOMP, ctypes.c_ulong(_FILTER), ctypes.c_char_p(header), zero, zero) == 0
    )


def _program(architecture: int, column: int) -> list[Instruction]:
    """The filter: a list of (code, jump if true, jump if false, constant)."""
    own = os.getpid()
    refused = _error(errno.EPERM)
    steps: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, refused),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if column == 0:
        steps += [(_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, refused)]
    steps += _refusing(_of(_OF_FILES, column), errno.EROFS)
    steps += _refusing(_of(_OF_PROCESSES, column), errno.EPERM)
    steps += _refusing(_of(_OF_NETWORK, column), errno.EPERM)
    steps += _refusing(_of(_NEWER, column), errno.ENOSYS)
    # open(path, flags) and openat(folder, path, flags) only for reading
    for number, place in (((2, None)[column], 1), ((257, 56)[column], 2)):
        if number is not None:
            steps += _where(number, place, (_ANY_BIT, 0, 1, _WRITING), errno.EROFS)
    # clone(flags, …) only for threads; kill(pid, …) and tgkill(pid, …) only of this process or its
    # group, in which it is alone; no fcntl that makes signals; no typing into a terminal;
    # prlimit64(pid, what, new, …) only to read
    steps += _where((56, 220)[column], 0, (_ANY_BIT, 1, 0, _THREAD), errno.EPERM)
    steps += _where((62, 129)[column], 0, (_EQUAL, 2, 0, own), errno.EPERM, (_EQUAL, 1, 0, 0))
    steps += _where((234, 131)[column], 0, (_EQUAL, 1, 0, own), errno.EPERM)
    for owner in _SIGNAL_OWNERS:
        steps += _where((72, 25)[column], 1, (_EQUAL, 0, 1, owner), errno.EPERM)
    steps += _where((16, 29)[column], 1, (_EQUAL, 0, 1, _TYPE_INTO), errno.EPERM)
    for half in (0, 0.5):
        steps += _where((302, 261)[column], 2 + half, (_EQUAL, 1, 0, 0), errno.EPERM)
    return [*steps, (_RETURN, 0, 0, _ALLOW)]


def _of(calls: Mapping[str, tuple[int | None, int | None]], column: int) -> list[int]:
    return [number for pair in calls.values() if (number := pair[column]) is not None]


def _refusing(numbers: Iterable[int], code: int) -> list[Instruction]:
    return [
        step
        for number in numbers
        for step in ((_EQUAL, 0, 1, number), (_RETURN, 0, 0, _error(code)))
    ]


def _where(
    number: int, place: float, test: Instruction, code: int, *more: Instruction
) -> list[Instruction]:
    """Refuse a call where tests of one of its arguments say so; each goes on to the instruction
    below to refuse, and jumps to allow. place: the argument's; its lower half, or with .5 added its
    upper one."""
    return [
        (_EQUAL, 0, 4 + len(more), number),
        (_LOAD, 0, 0, _ARGUMENTS + int(8 * place)),
        test,
        *more,
        (_RETURN, 0, 0, _error(code)),
        (_LOAD, 0, 0, _NUMBER),
    ]


def _error(code: int) -> int:
    return _ERROR | code
