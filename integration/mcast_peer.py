#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# mcast_peer.py - listens to groups, with or without sources, and speaks to them
#
#   mcast_peer.py listen PORT IFACE GROUP [SOURCE]   prints what it hears, once
#   mcast_peer.py say PORT IFACE GROUP SOURCE WORD   sends WORD from SOURCE
#
# What this program is for
#   multicast.sh runs it on both sides. A listener ends with its input, after it
#   has said so; the options are those of RFC 3678.

import select
import socket
import struct
import sys

JOIN_GROUP, JOIN_SOURCE_GROUP = 42, 46


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def level_of(address):
    return socket.IPPROTO_IPV6 if ":" in address else socket.IPPROTO_IP


def storage(address):
    family = family_of(address)
    raw = socket.inet_pton(family, address)
    head = struct.pack("=HHI", family, 0, 0) if ":" in address else struct.pack("=HH", family, 0)
    return (head + raw).ljust(128, b"\0")


def listen(port, iface, group, source=None):
    s = socket.socket(family_of(group), socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", port))
    name, request = JOIN_GROUP, struct.pack("=II", socket.if_nametoindex(iface), 0) + storage(group)
    if source:
        name, request = JOIN_SOURCE_GROUP, request + storage(source)
    s.setsockopt(level_of(group), name, request)
    print("joined", flush=True)
    heard = set()
    while True:
        ready = select.select([s, sys.stdin], [], [])[0]
        if s in ready:
            word = s.recv(100).decode()
            if word not in heard:
                print("heard", word, flush=True)
            heard.add(word)
        elif not sys.stdin.read(1):
            break
    s.close()
    print("left", flush=True)


def say(port, iface, group, source, word):
    index = socket.if_nametoindex(iface)
    s = socket.socket(family_of(group), socket.SOCK_DGRAM)
    s.bind((source, 0))
    if ":" in group:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    else:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("=4s4si", b"", b"", index))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.sendto(word.encode(), (group, port))


{"listen": listen, "say": say}[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:])
