#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# packet.sh - tcpdump, tshark, arping, nping, hping3, dhclient and udhcpc, unmodified
#
#   program + stack 10.77.0.2 ==tap0== 10.77.0.1 kernel: web server, dnsmasq
#
# What this script is for
#   Packet sockets, their rings and filters. What tcpdump has seen of a download
#   is, frame by frame, what the stack's own capture has; the others send frames
#   of their own, and hear the answers.

source "$(dirname "$0")/net.sh"
need tcpdump tshark arping busybox nping hping3 dhclient dnsmasq curl python3
[[ ${NSSHIM_SIDE-} != veth ]] || skip "is about the stack only"
net_up
make_file page 2
start kernel python3 -m http.server --directory "$work" 8000
kernel_listens 8000

# listen COMMAND...: in the background of the stack's shell, until it listens.
# soon COMMAND...: until it succeeds.
cat >"$work/lib.sh" <<'SH'
listen()
{
  # Not in the background: what an earlier one said is gone first.
  : >"$work/listen.log"
  "$@" >"$work/listen.log" 2>&1 &
  listener=$!
  soon grep -qiE 'listening on|capture started' "$work/listen.log"
}

soon()
{
  local n
  for ((n = 0; n < 400; n++)); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.1
  done
  echo "did not happen: $*" >&2
  exit 1
}
SH

# in_stack: a script from standard input, with the above.
in_stack()
{
  { cat "$work/lib.sh" && cat; } >"$work/script.sh"
  ours env work="$work" KERNEL="$KERNEL" bash -u "$work/script.sh" \
    >"$work/in_stack.log" 2>&1 || fail "$1: $(<"$work/in_stack.log")"
}

# frames FILE: of the download, without the times.
frames()
{
  tcpdump -t -n -xx -r "$1" tcp port 8000 2>/dev/null
}

# --- tcpdump: every frame of a download ------------------------------------------

for how in "" --immediate-mode; do
  rm -f "$work"/*.pcap
  NSSHIM_PCAP=$work/stack.pcap in_stack "tcpdump $how" <<SH
listen tcpdump -U $how -B 8192 -n -i tap0 -w "\$work/seen.pcap" tcp port 8000
curl -sS -o "\$work/got" http://\$KERNEL:8000/page
finished() { (("\$(tcpdump -n -r "\$work/seen.pcap" 'tcp[tcpflags] & tcp-fin != 0' | wc -l)" >= 2)); }
soon finished
kill \$listener && wait \$listener
grep -q '^0 packets dropped' "\$work/listen.log"
SH
  same "$work/page" "$work/got" "the page"
  frames "$work/seen.pcap" >"$work/seen.txt"
  frames "$work/stack.pcap" >"$work/stack.txt"
  (($(grep -c '^IP ' "$work/seen.txt") > 20)) || fail "tcpdump saw nothing"
  # The last ACK may have come after the listener was told to go.
  head -n "$(wc -l <"$work/seen.txt")" "$work/stack.txt" |
    cmp - "$work/seen.txt" || fail "tcpdump $how saw something else"
  proved "tcpdump ${how:-(TPACKET_V3)}: $(grep -c '^IP ' "$work/seen.txt") frames of a download, as the stack's own capture has them"
done

in_stack "tcpdump -i any" <<'SH'
listen tcpdump -U --immediate-mode -n -i any -w "$work/any.pcap" tcp port 8000
curl -sS -o /dev/null "http://$KERNEL:8000/lib.sh"
curl -sS http://127.0.0.1:8000/ || true
refused() { tcpdump -n -r "$work/any.pcap" | grep -q '127.0.0.1.8000 > .*Flags \[R'; }
soon refused
kill $listener && wait $listener
SH
tcpdump -n -r "$work/any.pcap" >"$work/any.txt" 2>/dev/null
grep -q " Out IP 10.77.0.2.* > $KERNEL.8000: Flags \[S\]" "$work/any.txt" &&
  grep -q " In  IP $KERNEL.8000 > .*Flags \[S\.\]" "$work/any.txt" ||
  fail "tcpdump -i any: $(<"$work/any.txt")"
proved "tcpdump -i any: both directions, and the loopback"

# Another process than the one whose frames they are, in a shell of its own.
ours_options=(--name "packet$$")
start ours python3 -m http.server --directory "$work" 80
ours_options=()
ours_answers 80
start kernel "$top/run-with-stack.sh" --join "packet$$" \
  tcpdump --immediate-mode -c 3 -n -i tap0 'tcp port 80 and tcp[tcpflags] & tcp-push != 0'
listener=$pid listener_log=$log
eventually grep -q 'listening on' "$listener_log"
kernel curl -sS -o /dev/null "http://$OURS/lib.sh" || fail "curl to a named stack"
wait "$listener"
grep -q 'HTTP: GET /lib.sh' "$listener_log" || fail "--join tcpdump: $(<"$listener_log")"
stop "${started[-2]}"
proved "tcpdump, joined to a running server's stack by its name, sees a request"

# --- tshark ------------------------------------------------------------------------

in_stack tshark <<'SH'
listen tshark -l -i tap0 -f 'tcp port 8000' -Y http -T fields -e http.request.uri
curl -sS -o /dev/null "http://$KERNEL:8000/lib.sh"
soon grep -qx /lib.sh "$work/listen.log"
kill $listener && wait $listener
true
SH
prints tap0 ours tshark -D || fail "tshark -D shows no tap0"
proved "tshark by dumpcap: the request of a download, decoded"

# --- those who send ------------------------------------------------------------------

# answered WORDS COMMAND...: the first frame of a TAP that was just made may be
# lost.
answered()
{
  ours "${@:2}" >"$work/answer.log" 2>&1
  grep -qiE "$1" "$work/answer.log"
}

hex='([0-9a-f]{2}:){5}[0-9a-f]{2}'
eventually answered "from ($KERNEL \[)?$hex" arping -c 2 -w 3 -I tap0 "$KERNEL"
eventually answered "from $KERNEL \[$hex" busybox arping -c 2 -w 3 -I tap0 "$KERNEL"
proved "arping (and busybox's) hears who has $KERNEL"

eventually answered 'RCVD.*Echo reply' nping --icmp -c 1 "$KERNEL"
eventually answered 'RCVD.*8000 > .* SA ' nping --tcp -p 8000 -c 1 "$KERNEL"
eventually answered "RCVD.*ARP reply $KERNEL is at" nping --arp -c 1 "$KERNEL"
proved "nping: echo, SYN and ARP are answered"

eventually answered 'flags=SA' hping3 -S -p 8000 -c 1 "$KERNEL"
eventually answered 'icmp_seq=0' hping3 -1 -c 1 "$KERNEL"
eventually answered 'sport=8001 flags=RA' hping3 -S -p 8001 -c 1 "$KERNEL"
proved "hping3: SYN/ACK, RST and echo"

# --- DHCP clients: raw frames with a filter, before there is an address -----------

cat >"$work/dhclient-script" <<'SH'
#!/bin/sh
[ "$reason" = BOUND ] || exit 0
ip addr add "$new_ip_address/24" dev "$interface"
echo "$new_ip_address" >"$work/leased"
SH
cat >"$work/udhcpc-script" <<'SH'
#!/bin/sh
[ "$1" = bound ] || exit 0
echo "$ip" >"$work/leased"
SH
chmod 755 "$work"/*-script
ip -n $ns tuntap add tap0 mode tap
ip -n $ns addr add 10.77.0.1/24 dev tap0
ip -n $ns link set tap0 up
: >"$work/leases"
start kernel dnsmasq --keep-in-foreground --log-facility=- --log-dhcp \
  --conf-file=/dev/null --port=0 --user=root --pid-file= --interface=tap0 \
  --bind-dynamic --no-ping --dhcp-authoritative \
  --dhcp-range=10.77.0.100,10.77.0.150,255.255.255.0,2m --dhcp-leasefile="$work/leases"
eventually grep -q 'DHCP, IP range' "$log"

in_stack dhclient <<'SH'
dhclient -4 -1 -d -e work="$work" -sf "$work/dhclient-script" -lf "$work/dhclient.leases" \
  -pf "$work/dhclient.pid" tap0 &
client=$!
soon test -s "$work/leased"
ip addr show dev tap0 | grep "inet $(cat "$work/leased")/24"
curl -sS -o "$work/got" --interface "$(cat "$work/leased")" "http://$KERNEL:8000/page"
kill $client && wait $client
true
SH
same "$work/page" "$work/got" "the page"
leased=$(<"$work/leased")
grep -q " $leased " "$work/leases" || fail "dnsmasq leased no $leased"
proved "dhclient: $leased, given to the stack by its script, and a page by it"

rm "$work/leased"
ours env work="$work" busybox udhcpc -f -n -q -i tap0 -s "$work/udhcpc-script" \
  >"$work/udhcpc.log" 2>&1 || fail "udhcpc: $(<"$work/udhcpc.log")"
leased=$(<"$work/leased")
grep -q " $leased " "$work/leases" || fail "dnsmasq leased no $leased"
proved "udhcpc: $leased"
