#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# dns_peer.py - a name server that does what name servers on the way do
#
#   dns_peer.py ADDRESS PORT
#
# What this script is for
#   The other end of names.sh. Before each true answer over UDP it sends
#   nonsense and an answer to another question, with the right number or a wrong
#   one. Some names are answered in bad ways: see answer(). Says what it is asked.

import socket
import struct
import sys
import threading

A, CNAME, PTR, AAAA = 1, 5, 12, 28
RECORDS = {
    ("a.test", A): ["192.0.2.1", "192.0.2.2"],
    ("a.test", AAAA): ["2001:db8::1"],
    ("big.test", A): ["192.0.2.%d" % i for i in range(1, 46)],
    ("old.test", A): ["192.0.2.4"],
    ("fleeting.test", A): ["192.0.2.5"],
    ("only.in.dom.test", A): ["192.0.2.9"],
    ("www.test", CNAME): "a.test",
    ("7.2.0.192.in-addr.arpa", PTR): "seven.test",
}


def wire(name):
    return b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0"


def record(name, kind, data):
    ttl = 0 if name == "fleeting.test" else 60
    return wire(name) + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def asked(message):
    at, parts = 12, []
    while message[at]:
        parts.append(message[at + 1 : at + 1 + message[at]].decode())
        at += message[at] + 1
    return ".".join(parts).lower(), message[at + 2], at + 5


def answer(message, over_tcp):
    name, kind, end = asked(message)
    print("asked", name, kind, flush=True)
    head, question = message[:2], message[12:end]
    if name == "old.test" and message[11]:
        return head + struct.pack("!5H", 0x8181, 0, 0, 0, 0)  # EDNS: FORMERR
    if name == "broken.test":
        return head + struct.pack("!5H", 0x8182, 1, 0, 0, 0) + question
    if name == "big.test" and not over_tcp:
        return head + struct.pack("!5H", 0x8380, 1, 0, 0, 0) + question
    records, count = b"", 0
    if (name, CNAME) in RECORDS:
        alias = RECORDS[name, CNAME]
        records, count, name = record(name, CNAME, wire(alias)), 1, alias
    found = RECORDS.get((name, kind), [])
    if kind == PTR and found:
        records, count = record(name, PTR, wire(found)), 1
    else:
        family = socket.AF_INET if kind == A else socket.AF_INET6
        for text in found:
            records += record(name, kind, socket.inet_pton(family, text))
            count += 1
    rcode = 0 if any(key[0] == name for key in RECORDS) else 3
    return head + struct.pack("!5H", 0x8180 | rcode, 1, count, 0, 0) + question + records


def forged(message):
    name, kind, end = asked(message)
    evil = struct.pack("!HHHIH", 0xC00C, A, 1, 60, 4) + b"\xcb\x00\x71\x42"
    head = struct.pack("!5H", 0x8180, 1, 1, 0, 0)
    other = bytes([message[0] ^ 0xFF]) + message[1:2]
    yield b"\0\0nonsense"
    yield other + head + message[12:end] + evil
    yield message[:2] + head + wire("x" + name) + message[end - 4 : end] + evil


def serve_tcp(listener):
    while True:
        connection, _ = listener.accept()
        with connection:
            length = struct.unpack("!H", connection.recv(2))[0]
            reply = answer(connection.recv(length), True)
            reply = struct.pack("!H", len(reply)) + reply
            connection.sendall(reply[:1])
            connection.sendall(reply[1:100])
            connection.sendall(reply[100:])


def main():
    at = (sys.argv[1], int(sys.argv[2]))
    family = socket.AF_INET6 if ":" in at[0] else socket.AF_INET
    udp = socket.socket(family, socket.SOCK_DGRAM)
    udp.bind(at)
    tcp = socket.create_server(at, family=family)
    threading.Thread(target=serve_tcp, args=(tcp,), daemon=True).start()
    while True:
        message, client = udp.recvfrom(4096)
        for lie in forged(message):
            udp.sendto(lie, client)
        udp.sendto(answer(message, False), client)


main()
