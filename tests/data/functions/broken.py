"""What goes wrong in a user's code, one function for each."""

import ctypes
import os
import subprocess
import sys
import time

import numpy as np


def raises(x=1.0):
    parts = {"a": x}
    return parts["b"]


def leaves(x=1.0):
    sys.exit(3)


def ends(x=1.0):
    print("so far so good")
    os._exit(7)


def crashes(x=1.0):
    print("about to crash")
    ctypes.string_at(0)


def endless(x=1.0):
    while True:
        x = x * 1.0


def asks(x=1.0):
    return x * float(input("how many? "))


def prints(x=1.0):
    y = x * x
    print(f"y is {y:.2f}")
    print("a warning", file=sys.stderr)
    subprocess.run(["echo", "from a subprocess"], check=True)
    return y


def floods(x=1.0):
    for _ in range(200):
        os.write(1, b"z" * 9_999 + b"\n")
    print("the end")
    return x * x


def leaves_a_sleeper(x=1.0):
    print(subprocess.Popen(["sleep", "60"]).pid)
    return x * x


def closes_all(x=1.0):
    os.closerange(3, 64)
    return x * x


def forks(x=1.0):
    if os.fork() == 0:
        return x * 2
    os.wait()
    return x * 3


def hoards(x=1.0):
    return x * np.ones(10**12).sum()


def pair(x=1.0):
    return x, x


def nothing(x=1.0):
    time.sleep(0)


def loses(x=1.0):
    return float(x.data)


def fills(x=np.ones(3)):
    out = np.zeros(3)
    seen = [out]
    out[0] = x[1]
    return seen[0].sum()


def adds(x=np.ones(3)):
    out = np.zeros(3)
    seen = [out]
    out += x
    return seen[0].sum()


def as_ints(x=np.ones(3)):
    y = x * 2
    return y.astype(int).sum()


def needs(x, w, *, mode="sum"):
    return x * w


def star(*args):
    return args[0]


def only_words(mode="sum", count=3):
    return count


def keyword_only(x, *, scale=2.0, power=2, **others):
    return scale * x**power + sum(others.values())


def by_place(x, w=3.0, /):
    return x * w


NOT_A_FUNCTION = 3
