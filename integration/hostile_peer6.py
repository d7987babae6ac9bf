#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# hostile_peer6.py - what an IPv6 stack must survive, sent as raw frames
#
#   hostile_peer6.py DEVICE VICTIM KERNEL CLASS [COUNT]
#
# What this script is for
#   hostile_peer.py for IPv6: chains of extension headers, fragments, neighbour
#   discovery. VICTIM and KERNEL are IPv6 addresses of one /64, in which the
#   attacker has all that begin with two 1s. What ND lets anybody do (answer for
#   another, take an address before it is one's own) is not done here.
#
# Never      sends anything to another device than DEVICE.

import socket
import struct
import sys

import hostile_peer as base
from hostile_peer import noise, rand

ETH_IP6 = 0x86DD
ICMP6, NONE, FRAGMENT, TCP = 58, 59, 44, 6
EXTENSIONS = (0, 43, 44, 50, 51, 60, 135, 139, 140)


def addr(text):
    return socket.inet_pton(socket.AF_INET6, text)


def ip6(payload, nxt, src, dst, hops=64, length=None, version=6):
    return struct.pack("!IHBB", version << 28 | rand.getrandbits(20),
                       (len(payload) if length is None else length) & 0xFFFF,
                       nxt, hops) + src + dst + payload


def icmp6(kind, code, body, src, dst, spoil=0):
    message = struct.pack("!BBH", kind, code, 0) + body
    words = src + dst + struct.pack("!II", len(message), ICMP6)
    total = base.checksum(message, sum(struct.unpack("!20H", words)))
    return message[:2] + struct.pack("!H", total ^ spoil) + message[4:]


class Victim:
    def __init__(self, wire, victim, kernel):
        self.w, self.me, self.kernel = wire, addr(victim), addr(kernel)

    def host(self, n):
        return self.me[:8] + b"\x11\x11" + struct.pack("!HI", 0, n & 0xFFFFFFFF)

    def put(self, payload, nxt, src, dst=None, **how):
        self.w.put(ip6(payload, nxt, src, dst or self.me, **how), kind=ETH_IP6)

    def nd(self, kind, body, src, dst=None, hops=255, code=0, spoil=0):
        dst = dst or self.me
        self.put(icmp6(kind, code, body, src, dst, spoil), ICMP6, src, dst,
                 hops=hops)

    def echo(self, src, data=b""):
        return icmp6(128, 0, b"\0\1\0\2" + data, src, self.me)


def option(kind, length, data=b""):
    return bytes((kind, length)) + data


def header(nxt, body, units=None):
    """An extension header; `units` may lie about its length."""
    body += b"\0" * (-(len(body) + 2) % 8)
    if units is None:
        units = (len(body) + 2) // 8 - 1
    return bytes((nxt & 0xFF, units & 0xFF)) + body


def attack_chains6(v, count):
    """Chains that are too long, too short, out of order, and lie."""
    bad = (bytes(16), b"\xff\x02" + bytes(13) + b"\1", bytes(15) + b"\1",
           bytes(10) + b"\xff\xff\x0a\x4d\0\1")
    for i in range(count):
        src = v.host(i % 500)
        echo = v.echo(src, noise(8))
        which = i % 10
        if which == 0:  # options with every action
            body = option(rand.getrandbits(8), rand.randrange(12), noise(10))
            v.put(header(ICMP6, body) + echo, rand.choice((0, 60)), src)
        elif which == 1:  # lengths that lie
            v.put(header(ICMP6, noise(6), rand.randrange(256)) + echo, 60, src)
        elif which == 2:  # hop-by-hop in the middle
            v.put(header(0, b"\1\4\0\0\0\0") + header(ICMP6, b"\1\4\0\0\0\0") + echo,
                  60, src)
        elif which == 3:  # routing headers of all types
            body = bytes((rand.randrange(6), rand.randrange(4))) + noise(20)
            v.put(header(ICMP6, body) + echo, 43, src)
        elif which == 4:  # many headers
            chain = echo
            nxt = ICMP6
            for _ in range(rand.randrange(2, 60)):
                chain, nxt = header(nxt, b"\1\4\0\0\0\0") + chain, 60
            v.put(chain, nxt, src)
        elif which == 5:  # cut anywhere
            chain = header(60, noise(14)) + header(ICMP6, noise(6)) + echo
            v.put(chain[:rand.randrange(len(chain))], 0, src)
        elif which == 6:  # lengths and versions
            v.put(echo, ICMP6, src, length=rand.getrandbits(16),
                  version=rand.choice((6, 6, 4, 7, 0)))
        elif which == 7:  # sources that are none
            v.put(echo, ICMP6, rand.choice(bad))
        elif which == 8:  # anything behind anything
            v.put(noise(rand.randrange(80)), rand.choice(EXTENSIONS + (NONE, 255)), src)
        else:  # whole frames cut
            v.w.put(ip6(echo, ICMP6, src, v.me)[:rand.randrange(48)], kind=ETH_IP6)


def fragment(at, more, ident, nxt, data):
    return struct.pack("!BBHI", nxt, 0, at & 0xFFF8 | more, ident) + data


def attack_fragments6(v, count):
    """Overlaps, holes, beyond the end, atomic ones, a flood of first pieces."""
    for i in range(count):
        src, ident = v.host(i % 3000), i
        which = i % 6
        pieces = []
        if which == 0:
            pieces = [(0, 1, 64), (32, 1, 64), (96, 0, 8)]
        elif which == 1:
            pieces = [(65528, 0, 64)]
        elif which == 2:
            pieces = [(0, 1, 61)]
        elif which == 3:
            pieces = [(0, 0, 48)]
        else:
            pieces = [(0, 1, 1200)]
        for at, more, length in pieces:
            v.put(fragment(at, more, ident, ICMP6, noise(length)), FRAGMENT, src)


def attack_nd6(v, count):
    """Floods of solicitations, advertisements, router advertisements and
    redirects, most of them wrong."""
    group = addr("ff02::1")
    for i in range(count):
        src = v.host(i)
        local = b"\xfe\x80" + bytes(6) + src[8:]
        ll = b"\1\1\2" + noise(5)
        which = i % 8
        if which == 0:  # somebody new asks for us
            v.nd(135, bytes(4) + v.me + ll, src)
        elif which == 1:  # from beyond the link
            v.nd(135, bytes(4) + v.me + ll, src, hops=rand.randrange(255))
        elif which == 2:  # options that have no end, or no length
            v.nd(135, bytes(4) + v.me + bytes((1, rand.choice((0, 9, 255)))) + noise(6), src)
        elif which == 3:  # about others, that nobody asked for
            v.nd(136, struct.pack("!I", rand.choice((0, 1 << 29, 7 << 29))) +
                 v.host(rand.getrandbits(20)) + b"\2\1\2" + noise(5), src)
        elif which == 4:  # routers and prefixes without number
            prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 60, 30, 0)
            prefix += b"\x20\1" + noise(6) + bytes(8)
            v.nd(134, struct.pack("!BBHII", 64, 0, 30, 0, 0) + prefix +
                 b"\5\1\0\0" + struct.pack("!I", rand.choice((0, 1, 1280, 99999))) + ll,
                 local, group)
        elif which == 5:  # router advertisements that are none
            v.nd(134, noise(rand.randrange(24)), rand.choice((src, local)), group)
        elif which == 6:  # redirects by who is no router
            v.nd(137, bytes(4) + local + v.host(i + 1) + ll, local)
        else:  # cut, and checksums
            v.nd(135, (bytes(4) + v.me + ll)[:rand.randrange(28)], src,
                 spoil=rand.randrange(2))


def main():
    device, victim, kernel, name, *count = sys.argv[1:]
    wire = base.Wire(device, "10.77.0.2", "10.77.0.1")
    defaults = {"chains6": 6000, "fragments6": 8000, "nd6": 12000}
    attack = globals()["attack_" + name]
    attack(Victim(wire, victim, kernel),
           int(count[0]) if count else defaults.get(name, 0))
    print("%s: %d frames" % (name, wire.sent))


if __name__ == "__main__":
    main()
