# SPDX-License-Identifier: GPL-2.0-or-later
"""Contents of System V segments, for tests that want another reader and writer than ipctop.

segment.py write ID OFFSET:LENGTH...    bytes that follow from ID and OFFSET
segment.py store ID OFFSET              the byte 'x' at OFFSET, again and again, until killed
segment.py sum ID                       the SHA-256 of all of it
"""
import ctypes
import hashlib
import random
import sys

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
SHM_RDONLY = 0o10000


def size_of(segment):
    with open("/proc/sysvipc/shm") as f:
        for line in f.readlines()[1:]:
            words = line.split()
            if int(words[1]) == segment:
                return int(words[3])
    sys.exit(f"there is no segment {segment}")


def attach(segment, flags=0):
    address = libc.shmat(segment, None, flags)
    if address == ctypes.c_void_p(-1).value:
        sys.exit(f"shmat {segment}: errno {ctypes.get_errno()}")
    return (ctypes.c_char * size_of(segment)).from_address(address)


def main():
    what, segment = sys.argv[1], int(sys.argv[2])
    if what == "sum":
        print(hashlib.sha256(attach(segment, SHM_RDONLY)).hexdigest())
        return
    memory = memoryview(attach(segment)).cast("B")
    if what == "store":
        print("storing", flush=True)
        while True:
            memory[int(sys.argv[3])] = ord("x")
    for word in sys.argv[3:]:
        offset, length = (int(number) for number in word.split(":"))
        memory[offset:offset + length] = random.Random(f"{segment} {offset}").randbytes(length)


main()
