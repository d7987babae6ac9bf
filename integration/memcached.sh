#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# memcached.sh - memcached with four threads on our stack
#
#   memcached -t 4 + stack 10.77.0.2:11211 ==tap0== 10.77.0.1 50 connections

. "$(dirname "$0")/net.sh"
need memcached python3
net_up
start ours memcached -u root -t 4 -l $OURS -p 11211 -m 256 -I 2m
ours_answers 11211
kernel python3 - $OURS <<'EOF' || fail "memcached's answers"
import hashlib, socket, sys, threading

wrong = []

def talk(number):
    with socket.create_connection((sys.argv[1], 11211), timeout=30) as s:
        f = s.makefile("rb")
        for n in range(40):
            key = f"key-{number}-{n}"
            size = 1 + (number * 7919 + n * 104729) % 200000
            value = (hashlib.sha256(key.encode()).digest() * (size // 32 + 1))[:size]
            s.sendall(f"set {key} 0 0 {size}\r\n".encode() + value + b"\r\n")
            stored = f.readline()
            s.sendall(f"get {key}\r\n".encode())
            head = f.readline()
            got = f.read(size + 2)[:-2] if head.startswith(b"VALUE") else None
            end = f.readline()
            if (stored, got, end) != (b"STORED\r\n", value, b"END\r\n"):
                wrong.append(key)
                return

threads = [threading.Thread(target=talk, args=(n,)) for n in range(50)]
for t in threads: t.start()
for t in threads: t.join()
sys.exit(f"wrong: {wrong[:5]}" if wrong else 0)
EOF
proved "50 connections, 2,000 values of up to 200 kB there and back"
