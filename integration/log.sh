#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# log.sh - the log of packets: NSSHIM_LOG=tcp:debug,arp:debug,drop:info
#
# What this script is for
#   A page is fetched with the log in a file. Each packet that a capture of the
#   same run has is one line; answers name what they answer; rooms that were not
#   asked for are silent; a state change says why.

source "$(dirname "$0")/net.sh"
net_up
need curl python3 tshark
echo page >"$work/page"
start kernel python3 -m http.server -b $KERNEL -d "$work" 8000
kernel_listens 8000
log=$work/packets.log
ours_options=(--log "tcp:debug,arp:debug,drop:info,$log" --pcap "$work/run.pcap")
[[ $(ours curl -sS http://$KERNEL:8000/page) == page ]] || fail "the page"

# The stack may have had the end of the connection to do still.
eventually sh -c "! ip -n $ns link show tap0"
packets=$(tshark -r "$work/run.pcap" -Y 'tcp or arp' 2>/dev/null | wc -l)
lines=$(grep -cE ' (tcp|arp) debug: #[0-9]+ (in|out) tap0 ' "$log")
((packets > 8 && packets == lines)) ||
  fail "$packets packets in the capture, $lines lines in the log"
sorted=$(grep -oE ' #[0-9]+ (in|out)' "$log" | grep -oE '[0-9]+')
[[ $sorted == "$(sort -n <<<"$sorted")" ]] || fail "serial numbers are not in order"
grep -qE "\[S\] seq 0 win [0-9]+ <mss [0-9]+.*ws [0-9]+.*sackOK" "$log" ||
  fail "no SYN with its options"
grep -qE "\[S.\] seq 0 ack 1 " "$log" || fail "no SYN-ACK with relative numbers"
# The third packet of the handshake answers the second; it carries the request.
second=$(grep -oE '#[0-9]+ in tap0 tcp [^ ]* > [^ ]* \[S\.\]' "$log" | head -n 1 | cut -d' ' -f1)
grep -qE "\[P?\.\] seq 1 ack 1 .*, answers $second after [0-9]+ us" "$log" ||
  fail "nothing answers $second"
grep -q 'SYN-SENT -> ESTABLISHED: the handshake is complete' "$log" ||
  fail "no state change with its reason"
! grep -qE ' (udp|icmp|nd|ip) (debug|info)' "$log" || fail "rooms nobody asked for"
proved "$lines lines for $packets packets, in order, answers named"

timeout 30 ip netns exec $ns env NSSHIM_TAP=tap9 NSSHIM_ADDR=10.77.9.2/24 \
  NSSHIM_LOG=tcp:loud LD_PRELOAD="${NSSHIM_LIB:-$build/shim/libnsshim.so}" \
  /bin/true 2>"$work/said" && fail "tcp:loud is taken"
grep -q 'tcp:loud is not a level' "$work/said" || fail "tcp:loud: $(<"$work/said")"
proved "a slip in a level is told"
