#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# soak_peer.py - one round of connections that end in every way
#
# What this program is for
#   soak_peer.py SERVER HERE FILE MANY: MANY connections of each kind, some at a
#   time, in an order of chance, to nginx (port 80, which has FILE) and to
#   soak_server.py (7001); HERE:8000 answers what that one asks, in TCP and UDP.
#   HERE's neighbour 10.77.0.77 is an address that vanishes, with connections
#   that somebody sends to. Whatever has content is compared. Prints how many of
#   each kind there were, and exits 1 when one went wrong.

import collections, concurrent.futures, os, random, socket, struct, subprocess
import sys, threading, time

server, here, path, many = sys.argv[1:5]
many = int(many)
FORKS, WEB, OUT = 7001, 80, 8000
VANISHING = "10.77.0.77"
TIMEOUT = 40
LINGER = struct.pack("ii", 1, 0)
with open(path, "rb") as f:
    wanted = f.read()


def connect(port, first=b"", source=None):
    c = socket.create_connection((server, port), TIMEOUT,
                                 source_address=(source, 0) if source else None)
    c.sendall(first)
    return c


def drain(c):
    data = []
    while more := c.recv(262144):
        data.append(more)
    return b"".join(data)


def reset(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
    c.close()


def request(last):
    return ("GET /file HTTP/1.1\r\nHost: stack.test\r\n%s\r\n" % (
        "Connection: close\r\n" if last else "")).encode()


def read_answer(c):
    data = b""
    while b"\r\n\r\n" not in data:
        data += c.recv(65536) or fall("the head ended")
    body = data.split(b"\r\n\r\n", 1)[1]
    while len(body) < len(wanted):
        body += c.recv(262144) or fall("the body ended")
    if body != wanted:
        fall("wrong bytes")


def fall(why):
    raise ValueError(why)


# --- the kinds -------------------------------------------------------------------

def kept(_):
    """Three requests; the client closes."""
    with connect(WEB) as c:
        for _ in range(3):
            c.sendall(request(False))
            read_answer(c)


def closed(_):
    """The server closes."""
    with connect(WEB, request(True)) as c:
        read_answer(c)
        if drain(c):
            fall("more than an answer")


def aborted(_):
    """Reset in the middle."""
    c = connect(WEB, request(False))
    c.recv(10000)
    reset(c)


def unread(_):
    """Closed with data unread."""
    c = connect(WEB, request(False))
    c.recv(1)
    c.close()


def silent(_):
    connect(random.choice((WEB, FORKS))).close()


def half(n):
    """All is sent and our half closed before anything is read."""
    sent = random.Random(n).randbytes(50000)
    with connect(FORKS, b"e" + sent) as c:
        c.shutdown(socket.SHUT_WR)
        if drain(c) != sent + b"end":
            fall("wrong bytes")


def refused(kind):
    """The server resets, or its process is killed."""
    with connect(FORKS, kind) as c:
        try:
            if drain(c):
                fall("something came")
        except ConnectionResetError:
            pass


def stalled(_):
    """A window that stays closed, for a moment."""
    with connect(FORKS, b"w") as c:
        time.sleep(0.3)
        c.recv(100000)


def asked(_):
    with connect(FORKS, b"o") as c:
        said = drain(c)
        if said != b"ok":
            fall(said.decode())


def vanishing(_):
    c = connect(FORKS, b"w", VANISHING)
    c.recv(1000)
    vanished.append(c)


KINDS = {
    "kept": kept, "closed": closed, "aborted": aborted, "unread": unread,
    "silent": silent, "half closed": half, "asked": asked, "stalled": stalled,
    "reset": lambda _: refused(b"r"), "killed": lambda _: refused(b"x"),
    "vanished": vanishing,
}


# --- who is asked ----------------------------------------------------------------

def tcp_answers(s):
    while True:
        c, _ = s.accept()
        threading.Thread(target=tcp_answer, args=(c,), daemon=True).start()


def tcp_answer(c):
    try:
        with c:
            c.sendall(bytes(300000))
    except OSError:
        pass


def udp_answers(u):
    while True:
        data, who = u.recvfrom(65536)
        u.sendto(data, who)


def answer():
    s = socket.create_server((here, OUT), backlog=512)
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.bind((here, OUT))
    for what in ((tcp_answers, s), (udp_answers, u)):
        threading.Thread(target=what[0], args=what[1:], daemon=True).start()


def vanish(what):
    subprocess.run(["ip", "addr", what, VANISHING + "/24", "dev", "tap0"],
                   check=what == "add")


def run(task):
    kind, n = task
    try:
        KINDS[kind](n)
        return kind, None
    except Exception as e:
        return kind, "%s: %s" % (type(e).__name__, e)


vanished = []
answer()
vanish("add")
tasks = [(kind, n) for kind in KINDS for n in range(many)]
random.shuffle(tasks)
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    results = list(pool.map(run, tasks))
vanish("del")
good = collections.Counter(k for k, wrong in results if not wrong)
print(", ".join("%d %s" % (n, k) for k, n in sorted(good.items())))
bad = collections.Counter("%s: %s" % r for r in results if r[1])
for what, n in bad.most_common(10):
    print("%6d  %s" % (n, what))
# Who vanished must not say goodbye: the sending end has to find out.
time.sleep(1)
sys.stdout.flush()
os._exit(bool(bad))
