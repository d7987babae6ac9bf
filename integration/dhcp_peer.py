#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# dhcp_peer.py - a DHCP server with leases of seconds, and moods
#
#   dhcp_peer.py INTERFACE SERVER ADDRESS[,ADDRESS...] LEASE [MOOD]
#
# What this script is for
#   Real servers lease for minutes. This one gives the first of its addresses, and
#   the next one when that was declined or refused. Moods: nak refuses the first
#   renewal, mute:FILE is silent once there is such a file. What it hears is a line
#   each.

import os
import socket
import struct
import sys

interface, server, addresses, lease = sys.argv[1:5]
mood = sys.argv[5] if len(sys.argv) > 5 else ""
addresses = addresses.split(",")
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE = 1, 2, 3, 4, 5, 6, 7
COOKIE = b"\x63\x82\x53\x63"


def options_of(message):
    found, at = {}, 240
    while at < len(message) and message[at] != 255:
        if message[at] == 0:
            at += 1
            continue
        size = message[at + 1]
        found[message[at]] = message[at + 2:at + 2 + size]
        at += 2 + size
    return found


def answer(message, kind, address):
    options = [(53, bytes([kind])), (54, socket.inet_aton(server))]
    if kind != NAK:
        options += [(1, b"\xff\xff\xff\0"), (3, socket.inet_aton(server)),
                    (51, struct.pack("!I", int(lease)))]
    tail = b"".join(bytes([code, len(value)]) + value for code, value in options)
    head = bytearray(message[:236])
    head[0] = 2
    head[16:20] = socket.inet_aton(address)
    reply = bytes(head) + COOKIE + tail + b"\xff"
    link.sendto(reply.ljust(300, b"\0"), ("255.255.255.255", 68))


def hear(message):
    """The name of what came, its address, and what to answer."""
    options = options_of(message)
    kind = options.get(53, b"\0")[0]
    client = socket.inet_ntoa(message[12:16])
    wanted = socket.inet_ntoa(options.get(50, message[12:16]))
    if kind == DISCOVER:
        return "DISCOVER", "-", OFFER
    if kind == REQUEST and client == "0.0.0.0":
        return "REQUEST", wanted, ACK
    if kind == REQUEST:
        return "RENEW", client, ACK
    if kind == DECLINE:
        return "DECLINE", wanted, None
    if kind == RELEASE:
        return "RELEASE", client, None
    return "UNKNOWN", "-", None


link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
link.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
link.bind(("", 67))
print("serving", flush=True)
while True:
    message, _ = link.recvfrom(2000)
    if len(message) < 240 or message[236:240] != COOKIE:
        continue
    name, address, reply = hear(message)
    print(name, address, flush=True)
    if name == "DECLINE" and len(addresses) > 1:
        addresses.pop(0)
    if mood.startswith("mute:") and os.path.exists(mood[5:]):
        continue
    if name == "RENEW" and mood == "nak":
        mood, reply = "", NAK
        addresses.pop(0)
    if reply:
        answer(message, reply, addresses[0])
