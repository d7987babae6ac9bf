#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# names.sh - names are looked up through the stack, and lies are not believed
#
#   python3 + stack 10.77.0.2 ==tap0== 10.77.0.1 dns_peer.py :53
#
# What this script is for
#   Aliases, both families, truncation and TCP, servers without EDNS, search
#   domains, names backwards, the cache, and the errors a program sees. A server
#   that is not there comes first in the list, so the second must be asked.

. "$(dirname "$0")/net.sh"
need python3
net_up
start kernel python3 "$top/integration/dns_peer.py" $KERNEL 53
server_log=$log
kernel_listens 53
export RES_OPTIONS="timeout:1 attempts:5" LOCALDOMAIN=dom.test
ours_options=(--dns 10.77.0.77,$KERNEL)

cat >"$work/ask.py" <<'PY'
import socket

TCP = socket.SOCK_STREAM


def ask(name, family=0):
    try:
        found = socket.getaddrinfo(name, 80, family, TCP, 0, socket.AI_CANONNAME)
        print(name, found[0][3], *(entry[4][0] for entry in found))
    except socket.gaierror as error:
        print(name, socket.EAI_AGAIN == error.errno and "again" or "no name")


ask("a.test")
ask("www.test", socket.AF_INET)
ask("old.test")
ask("only.in")
ask("nosuch.test")
ask("broken.test")
ask("localhost", socket.AF_INET)
ask("127.1")
print("big.test", len(socket.getaddrinfo("big.test", 80, socket.AF_INET, TCP)))
print(*socket.gethostbyname_ex("www.test"))
print(socket.gethostbyaddr("192.0.2.7")[0])
print(*socket.getnameinfo(("192.0.2.8", 80), 0))
PY
cat >"$work/expected" <<'TEXT'
a.test a.test 192.0.2.1 192.0.2.2 2001:db8::1
www.test a.test 192.0.2.1 192.0.2.2
old.test old.test 192.0.2.4
only.in only.in.dom.test 192.0.2.9
nosuch.test no name
broken.test again
localhost localhost 127.0.0.1
127.1 127.1 127.0.0.1
big.test 45
a.test ['www.test'] ['192.0.2.1', '192.0.2.2']
seven.test
192.0.2.8 http
TEXT
ours python3 "$work/ask.py" >"$work/got" || fail "ask.py"
diff "$work/expected" "$work/got" >"$work/diff.log" || fail "the answers differ"
proved "$(wc -l <"$work/got") kinds of answers"

# times NAME: how often the server was asked for its A record.
times()
{
  grep -c "^asked $1 1\$" "$server_log"
}

before=$(times a.test)
ours python3 -c 'import os, socket
for name in ["a.test", "fleeting.test"] * 3:
    socket.getaddrinfo(name, 80, socket.AF_INET)
if os.fork() == 0:
    socket.getaddrinfo("a.test", 80, socket.AF_INET)
    os._exit(0)
assert os.wait()[1] == 0' || fail "a name more than once"
(($(times a.test) == before + 1)) || fail "a.test was asked for again"
(($(times fleeting.test) == 3)) || fail "fleeting.test was kept"
proved "an answer is kept as long as it is good for, by a child, too"

# Nobody there: an error, soon, and nothing of the host's.
export RES_OPTIONS="timeout:1 attempts:2"
ours_options=(--dns 10.77.0.77)
ours python3 -c 'import socket
try:
    socket.getaddrinfo("a.test", 80)
except socket.gaierror as error:
    assert error.errno == socket.EAI_AGAIN, error
else:
    raise SystemExit(1)' || fail "a name without a server"
proved "no server: try again"
