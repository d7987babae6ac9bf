#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# services.sh - the old services, TCP and UDP, and the old remote login
#
#   xinetd, in.rshd, in.rlogind + stack 10.77.0.2 ==tap0== 10.77.0.1 socat, rsh, rlogin
#   and the other way round
#
# What this script is for
#   echo, discard, daytime, chargen and time as xinetd has them inside, over both
#   transports; rsh with its second connection, from the server back to the
#   client, and both from ports below 1024; rlogin with its urgent data.
#
# Follows    RFC 862, 863, 864, 867, 868; rlogin RFC 1282.

. "$(dirname "$0")/net.sh"
need xinetd socat python3 rsh rlogin in.rshd in.rlogind unshare xxd
net_up
make_file file 4
head -c 1400 "$work/file" >"$work/datagram"

# service NAME PORT stream|dgram TYPE [SERVER]
service()
{
  local protocol=tcp wait=no
  [[ $3 == stream ]] || protocol=udp wait=yes
  cat <<EOF
service $1
{
  id = $1-$3
  type = $4
  socket_type = $3
  protocol = $protocol
  port = $2
  wait = $wait
  user = root
  ${5:+server = $5}
}
EOF
}

{
  for kind in stream dgram; do
    for name in echo:7 discard:9 daytime:13 chargen:19 time:37; do
      service ${name%:*} ${name#*:} $kind "INTERNAL UNLISTED"
    done
  done
  service rsh 514 stream UNLISTED "$(PATH=$PATH:/usr/sbin command -v in.rshd)"
  service rlogin 513 stream UNLISTED "$(PATH=$PATH:/usr/sbin command -v in.rlogind)"
} >"$work/xinetd.conf"

# Who may log in is the host's business: here, in a mount namespace, everybody
# who has a name.
printf '%s\n' "127.0.0.1 localhost" "$OURS ours.test" "$KERNEL kernel.test" >"$work/hosts"
printf '%s required pam_permit.so\n' auth account session password >"$work/pam"
cat >"$work/xinetd.sh" <<EOF
for name in rsh rlogin; do
  mount --bind "$work/pam" /etc/pam.d/\$name || exit 1
done
mount --bind "$work/hosts" /etc/hosts || exit 1
exec xinetd -dontfork -stayalive -filelog "$work/xinetd.log" -f "$work/xinetd.conf" \
  -pidfile "$work/xinetd.pid"
EOF

serve()
{
  start "$1" unshare -m sh "$work/xinetd.sh"
  server=$pid
}

# One session of rlogin: waits for the shell's answer before it says more.
cat >"$work/login.py" <<'PY'
import os, pty, sys

pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "dumb"
    os.execvp("rlogin", ["rlogin", "-l", "root", sys.argv[1]])
seen = b""


def until(word, line):
    global seen
    while word not in seen:
        seen += os.read(fd, 4096)
    seen = b""
    os.write(fd, line)


until(b"# ", b"echo over $((6*7)); tty\n")
until(b"over 42\r\n/dev/pts/", b"exit 3\n")
try:
    while os.read(fd, 4096):
        pass
except OSError:
    pass
os.waitpid(pid, 0)
PY

# What comes in a datagram, or within a time, is asked for until it comes.
# datagram_comes_back CLIENT ADDRESS; says_day, says_time CLIENT KIND ADDRESS
datagram_comes_back()
{
  "$1" socat -t 2 -b 1400 - "UDP4:$2:7" <"$work/datagram" >"$work/got" &&
    cmp -s "$work/datagram" "$work/got"
}

says_day()
{
  echo | "$1" socat -t 2 - "$2:$3:13" >"$work/got" &&
    grep -qi "$(date +%b)" "$work/got"
}

says_time()
{
  local now
  echo | "$1" socat -t 2 - "$2:$3:37" >"$work/got" && [[ -s $work/got ]] || return
  # Seconds since 1900.
  now=$((16#$(xxd -p "$work/got") - 2208988800))
  ((now > $(date +%s) - 60 && now < $(date +%s) + 60))
}

# ask_services CLIENT ADDRESS
ask_services()
{
  local client=$1 at=$2
  "$client" socat -t 20 - "TCP4:$at:7" <"$work/file" >"$work/got" || fail "$client echo"
  same "$work/file" "$work/got" "what echo said"
  eventually datagram_comes_back "$client" "$at"
  "$client" socat -t 20 - "TCP4:$at:9" <"$work/file" >"$work/got" || fail "$client discard"
  "$client" socat -t 1 -b 1400 - "UDP4:$at:9" <"$work/datagram" >>"$work/got" || fail "$client discard, UDP"
  [[ ! -s $work/got ]] || fail "discard said something"
  for kind in TCP4 UDP4; do
    eventually says_day "$client" $kind "$at"
    eventually says_time "$client" $kind "$at"
  done
  "$client" socat -u "TCP4:$at:19" - 2>/dev/null | head -c 740000 >"$work/got"
  # Ten thousand lines of 72 characters, each begins one later than the one before.
  python3 - "$work/got" <<'PY' || fail "$client chargen"
import sys
lines = open(sys.argv[1], "rb").read().split(b"\r\n")
assert len(lines) == 10001 and lines[10000] == b"", len(lines)
ring = bytes(range(33, 126))
for line in lines[:-1]:
    start = ring.index(line[:1])
    assert line == (ring * 2)[start:start + 72], line
PY
  proved "$client: echo, discard, daytime, chargen, time"
}

ask_login()
{
  local client=$1 at=$2
  "$client" rsh -l root "$at" cat <"$work/file" >"$work/got" 2>"$work/rsh.log" ||
    fail "$client rsh"
  same "$work/file" "$work/got" "what rsh's cat said"
  proved "$client: rsh, with its connection back"
  "$client" timeout 60 python3 "$work/login.py" "$at" >"$work/login.log" 2>&1 || fail "$client rlogin"
  proved "$client: rlogin, a shell on a terminal"
}

serve ours
ours_answers 514
ask_services kernel $OURS
ask_login kernel $OURS
stop "$server"

serve kernel
kernel_listens 514
ask_services ours $KERNEL
ask_login ours $KERNEL
