#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# inetd.sh - programs that are given their sockets, and a remote login
#
#   xinetd, telnetd, systemd-socket-activate,
#   socat, bash, telnet + stack 10.77.0.2 ==tap0== 10.77.0.1 clients, telnetd
#
# What this script is for
#   A socket as 0, 1 and 2 of programs that know nothing of it (cat, sh, a CGI),
#   a listener as 3, with environments rebuilt and LD_PRELOAD taken away; bash
#   whose own output becomes a socket; telnet to a shell, both roles.

. "$(dirname "$0")/net.sh"
need xinetd telnetd telnet systemd-socket-activate socat python3 curl
ours_options=(--dns 10.77.0.1)
# telnetd wants to know the client's name; nobody tells it.
export RES_OPTIONS='timeout:1 attempts:1'
net_up
make_file file 8

no_tap()
{
  [[ $side == veth ]] || ! ip -n $ns link show dev tap0
}

cat >"$work/cgi" <<'EOF'
#!/bin/sh
# Headers until the empty line, then the file that is asked for.
read -r method path _
while read -r line && [ "${#line}" -gt 1 ]; do :; done
[ "$method" = GET ] || exit 1
printf 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n'
cat "$0.d$path"
EOF
mkdir "$work/cgi.d"
cp "$work/file" "$work/cgi.d/file"
# What telnetd starts instead of login.
cat >"$work/shell" <<'EOF'
#!/bin/sh
stty -echo
echo "welcome to $(tty | cut -c 1-8)"
while read -r line; do
  [ "$line" != bye ] || exit 0
  echo "you said $line"
done
EOF
chmod 755 "$work/cgi" "$work/shell"

# service NAME PORT USER SERVER ARGS...
service()
{
  cat <<EOF
service $1
{
  type = UNLISTED
  socket_type = stream
  protocol = tcp
  port = $2
  wait = no
  user = $3
  server = $4
  ${5:+server_args = ${*:5}}
}
EOF
}

{
  service cat 7001 nobody /bin/cat
  service cgi 7002 nobody "$work/cgi"
  service bare 7003 root /usr/bin/env -i "$work/cgi"
  service telnet 7004 root "$(command -v telnetd)" "-E$work/shell"
} >"$work/xinetd.conf"

# --- xinetd -------------------------------------------------------------------

start ours xinetd -dontfork -stayalive -filelog "$work/xinetd.log" \
  -f "$work/xinetd.conf" \
  -pidfile "$work/xinetd.pid"
xinetd=$pid
ours_answers 7001
kernel socat -t 20 - TCP4:$OURS:7001 <"$work/file" >"$work/got" || fail "xinetd: cat"
same "$work/file" "$work/got" "what cat echoed"
proved "xinetd: cat on a connection as 0 and 1, as nobody, 8 MiB"

for port in 7002 7003; do
  kernel curl -sS -f --max-time 30 -o "$work/got" "http://$OURS:$port/file" ||
    fail "xinetd: the CGI at $port"
  same "$work/file" "$work/got" "what the CGI at $port sent"
done
proved "xinetd: a shell script and its children, also after env -i"

# Types a line when the answer to the one before has come.
cat >"$work/typist.py" <<'EOF'
import subprocess, sys
telnet = subprocess.Popen(["telnet", *sys.argv[1:]], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE)
seen = b""
for answer, line in ((b"welcome to /dev/pts", b"one\n"), (b"you said one", b"two\n"),
                     (b"you said two", b"bye\n")):
    while answer not in seen:
        more = telnet.stdout.read1()
        if not more:
            sys.exit("the session ended: %r" % seen)
        seen += more
    telnet.stdin.write(line)
    telnet.stdin.flush()
telnet.stdout.read()
telnet.wait()
EOF

# talk CLIENT ADDRESS PORT
talk()
{
  "$1" timeout 60 python3 "$work/typist.py" "$2" "$3" || fail "telnet by $1"
}

talk kernel $OURS 7004
proved "telnetd: a shell on a terminal"
stop "$xinetd"
eventually no_tap

start kernel xinetd -dontfork -stayalive -filelog "$work/xinetd.log" \
  -f "$work/xinetd.conf" -pidfile "$work/xinetd2.pid"
kernel_listens 7004
talk ours $KERNEL 7004
proved "telnet, the client"

# --- listeners handed over ------------------------------------------------------

cat >"$work/activated.py" <<'EOF'
import os, socket, sys
s = socket.socket(fileno=3)
assert os.environ["LISTEN_FDS"] == "1" and "SECRET" not in os.environ
while True:
    c, _ = s.accept()
    while b := c.recv(100000):
        c.sendall(b)
    c.close()
EOF
export SECRET=1
start ours systemd-socket-activate -l $OURS:7005 /usr/bin/env python3 "$work/activated.py"
activated=$pid
kernel socat -t 20 - "TCP4:$OURS:7005,retry=100,interval=0.1" <"$work/file" >"$work/got" ||
  fail "socket activation"
same "$work/file" "$work/got" "what the activated server echoed"
stop "$activated"
eventually no_tap
start ours systemd-socket-activate -l $OURS:7006 --accept --inetd /bin/cat
activated=$pid
kernel socat -t 20 - "TCP4:$OURS:7006,retry=100,interval=0.1" <"$work/file" >"$work/got" ||
  fail "socket activation, --inetd"
same "$work/file" "$work/got" "what the activated cat echoed"
stop "$activated"
eventually no_tap
proved "systemd-socket-activate: a listener as 3, a connection as 0 and 1"

start ours socat TCP4-LISTEN:7007,fork,reuseaddr EXEC:"$work/cgi"
socat=$pid
ours_answers 7007
kernel curl -sS -f --max-time 30 -o "$work/got" "http://$OURS:7007/file" ||
  fail "socat EXEC"
same "$work/file" "$work/got" "what socat's CGI sent"
stop "$socat"
eventually no_tap
proved "socat EXEC: a CGI"

# --- programs without LD_PRELOAD in their environment -----------------------------

start kernel python3 -m http.server --directory "$work" 8000
kernel_listens 8000
# shellcheck disable=SC2016
ours bash -c 'unset LD_PRELOAD; env -i /bin/sh -c "unset LD_PRELOAD
  curl -sS -f --max-time 30 http://$0:8000/file | cat"' $KERNEL >"$work/got" ||
  fail "curl by a shell without LD_PRELOAD"
same "$work/file" "$work/got" "what curl brought"
proved "LD_PRELOAD unset twice: the next program has the stack all the same"

# A pipeline whose end is a socket, and the shell's own output.
start kernel socat -u TCP4-LISTEN:8001,reuseaddr CREATE:"$work/got"
receiver=$pid
kernel_listens 8001
# shellcheck disable=SC2016
ours bash -c 'exec 3>&1 >/dev/tcp/$0/8001; printf "%s\n" first; echo second
  tr a-z A-Z <<<third | cat; exec >&3; echo here' $KERNEL >"$work/here" ||
  fail "bash with its output on a connection"
wait "$receiver"
[[ $(<"$work/got") == $'first\nsecond\nTHIRD' ]] || fail "bash wrote: $(<"$work/got")"
[[ $(<"$work/here") == here ]] || fail "bash came back to: $(<"$work/here")"
proved "bash: exec >/dev/tcp, its own output and a pipeline's"
