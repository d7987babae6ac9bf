#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# lookup_tools.sh - dig, host, nslookup, drill, getent, php; dnsmasq as a server
#
#   the tools + stack 10.77.0.2 ==tap0== 10.77.0.1 dnsmasq :53
#   dnsmasq + stack 10.77.0.2 ==tap0== 10.77.0.1 the tools
#
# What this script is for
#   Programs that read /etc/resolv.conf themselves, and those that ask for more
#   than addresses by libc's resolver(3): what they find is what the stack's
#   name server says, and this machine's own is never asked.

. "$(dirname "$0")/net.sh"
need dig host nslookup drill getent php python3 dnsmasq
[[ ${NSSHIM_SIDE-} != veth ]] || skip "a namespace has this machine's resolv.conf"
net_up
ours_options=(--dns $KERNEL)

# 100 strings of 250 bytes: no datagram takes that.
large=()
for n in {100..199}; do
  large+=(--txt-record="large.test,$n$(printf '%0247d' 0)")
done

# serve ours|kernel ADDRESS
serve()
{
  start "$1" dnsmasq --keep-in-foreground --log-facility=- --conf-file=/dev/null \
    --no-resolv --no-hosts --user=root --pid-file= --listen-address="$2" \
    --bind-interfaces --log-queries --local-ttl=60 \
    --host-record=www.test,192.0.2.10,2001:db8::10 --cname=alias.test,www.test \
    --mx-host=test,mail.test,10 --srv-host=_http._tcp.test,www.test,8080,5 \
    --txt-record=txt.test,"two words" --address=/nosuch.test/ --address=/test/192.0.2.99 \
    --ptr-record=10.2.0.192.in-addr.arpa,www.test "${large[@]}"
  server=$pid
}

# is WHAT EXPECTED: compares what the last command wrote.
is()
{
  [[ $(<"$work/got") == "$2" ]] || fail "$1 said: $(<"$work/got")"
  proved "$1"
}

# ask_all CLIENT ARGUMENTS...: every tool, as CLIENT; which server in dig's words.
ask_all()
{
  local client=$1 at=("${@:2}")
  "$client" dig +short "${at[@]}" www.test A www.test AAAA >"$work/got" || fail "$client dig"
  is "$client: dig" $'192.0.2.10\n2001:db8::10'
  "$client" dig +tcp +short "${at[@]}" alias.test >"$work/got" || fail "$client dig +tcp"
  is "$client: dig +tcp" $'www.test.\n192.0.2.10'
  "$client" dig +short "${at[@]}" large.test TXT >"$work/lines" || fail "$client dig, cut"
  wc -l <"$work/lines" >"$work/got"
  is "$client: dig, an answer that had to come over TCP" 100
  "$client" host -t MX test "${at[@]#@}" >"$work/all" || fail "$client host"
  grep mail "$work/all" >"$work/got"
  is "$client: host" "test mail is handled by 10 mail.test."
  "$client" nslookup -type=SRV _http._tcp.test "${at[@]#@}" >"$work/all" || fail "$client nslookup"
  grep -o 'service = .*' "$work/all" >"$work/got"
  is "$client: nslookup" "service = 5 0 8080 www.test."
  "$client" drill "${at[@]}" -x 192.0.2.10 >"$work/all" || fail "$client drill"
  awk '$4 == "PTR" && !/^;/ { print $5 }' "$work/all" >"$work/got"
  is "$client: drill" www.test.
}

serve kernel $KERNEL
kernel_listens 53
ask_all ours

ours getent ahosts alias.test >"$work/all" || fail "getent"
awk '/STREAM/ { print $1, $3 }' "$work/all" | sort >"$work/got"
is "getent ahosts: no IPv6 where the stack has none" '192.0.2.10 www.test'
ours getent hosts 192.0.2.10 >"$work/got" || fail "getent, backwards"
is "getent hosts, backwards" "192.0.2.10      www.test"

cat >"$work/ask.php" <<'PHP'
<?php
$mx = dns_get_record("test", DNS_MX)[0];
$srv = dns_get_record("_http._tcp.test", DNS_SRV)[0];
$txt = dns_get_record("large.test", DNS_TXT);
echo $mx["target"], " ", $srv["port"], " ", count($txt), " ",
  dns_get_record("txt.test", DNS_TXT)[0]["txt"], "\n";
var_dump(checkdnsrr("nosuch.test", "MX"));
PHP
ours php "$work/ask.php" >"$work/got" || fail "php"
is "php: MX, SRV, TXT over UDP and TCP" $'mail.test 8080 100 two words\nbool(false)'

# The old names of libc's calls, and a server that the program chooses itself.
cat >"$work/ask.py" <<'PY'
import ctypes, struct, sys

libc = ctypes.CDLL(None, use_errno=True)
answer = ctypes.create_string_buffer(65536)
for call in ("res_query", "__res_query", "res_search", "__res_search"):
    n = getattr(libc, call)(b"www.test", 1, 1, answer, 65536)
    print(call, n > 12 and answer.raw[n - 4:n].hex())
h_errno = libc.__h_errno_location
h_errno.restype = ctypes.POINTER(ctypes.c_int)
print(libc.res_query(b"nosuch.test", 1, 15, answer, 65536), h_errno()[0])
ask = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + b"\3www\4test\0\0\1\0\1"
n = libc.__res_send(ask, len(ask), answer, 65536)
print(answer.raw[:2].hex(), answer.raw[n - 4:n].hex())
PY
ours python3 "$work/ask.py" >"$work/got" || fail "resolver(3)"
is "resolver(3): both names of each call" "res_query c000020a
__res_query c000020a
res_search c000020a
__res_search c000020a
-1 1
0007 c000020a"

# What the file says, in the program's eyes; a port has no words there.
ours grep ^nameserver /etc/resolv.conf >"$work/got"
is "/etc/resolv.conf" "nameserver $KERNEL"
ours_options=()
ours cat /etc/resolv.conf >"$work/got"
is "/etc/resolv.conf without --dns" "$(cat /etc/resolv.conf)"
stop "$server"

# A server that answers by pktinfo, on every address of the stack.
serve ours $OURS
eventually kernel dig +time=1 +tries=1 @$OURS www.test
ask_all kernel @$OURS
