#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# soak_server.py - a process for each connection, and each ends in its own way
#
# What this program is for
#   soak_server.py PORT PEER SIZE: the first byte that a client sends says what its
#   connection is for: e echo until the client has closed its half, r reset, w
#   send without end, x die by SIGKILL, o go out and ask PEER (soak_peer.py) in
#   every way there is, with datagrams of SIZE. All of it must leave nothing behind.

import array, os, select, signal, socket, socketserver, struct, sys

USER_TIMEOUT_MS = 300
OUT_SIZE = 300000
LINGER = struct.pack("ii", 1, 0)


def drain(c):
    data = b""
    while more := c.recv(65536):
        data += more
    return data


def echo(c):
    while data := c.recv(65536):
        c.sendall(data)
    c.sendall(b"end")


def reset(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)


def without_end(c):
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    while True:
        c.sendall(bytes(65536))


def tcp_out(peer):
    with socket.create_connection((peer, 8000), 20) as c:
        if len(drain(c)) != OUT_SIZE:
            return "too little came"
    try:
        socket.create_connection((peer, 9), 20)
        return "nobody listens there"
    except ConnectionRefusedError:
        return ""


def udp_out(peer):
    """There and back, and to a port where nobody is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
        u.connect((peer, 8000))
        u.settimeout(0.3)
        for _ in range(20):  # the link may lose some
            u.send(bytes(int(sys.argv[3])))
            try:
                if u.recv(65536):
                    break
            except TimeoutError:
                pass
        else:
            return "no datagram came back"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
        u.connect((peer, 9))
        u.send(b"?")
    return ""


def never_received(c):
    """The last copy of a socket is in a message that nobody takes."""
    a, b = socket.socketpair()
    a.sendmsg([b"!"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                        array.array("i", [c.fileno()]))])
    c.close()
    a.close()
    b.close()


def handed_on(peer):
    """An epoll set and sockets that a child and its program inherit."""
    c = socket.create_connection((peer, 8000), 20)
    e = select.epoll()
    e.register(c, select.EPOLLIN)
    c.set_inheritable(True)
    pid = os.fork()
    if pid == 0:
        e.poll(20)
        os.execv("/bin/true", ["true"])
    os.waitpid(pid, 0)
    e.close()
    never_received(c)
    return ""


def outward(c):
    peer = sys.argv[2]
    c.sendall((tcp_out(peer) or udp_out(peer) or handed_on(peer) or "ok").encode())


def die(c):
    os.kill(os.getpid(), signal.SIGKILL)


WAYS = {b"e": echo, b"r": reset, b"w": without_end, b"x": die, b"o": outward}


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(60)
        try:
            WAYS.get(self.request.recv(1), reset)(self.request)
        except OSError:
            pass


class Server(socketserver.ForkingMixIn, socketserver.TCPServer):
    request_queue_size = 512
    max_children = 400
    allow_reuse_address = True

    # A reset is one: no shutdown before the close.
    def shutdown_request(self, request):
        self.close_request(request)


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
Server(("", int(sys.argv[1])), Handler).serve_forever(0.1)
