#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# pcap.sh - NSSHIM_PCAP writes what went over the link, and when
#
#   curl + stack + tee 10.77.0.2 ==tap0== 10.77.0.1 http_peer.py

. "$(dirname "$0")/net.sh"
need tshark curl python3 xxd
net_up
[[ $side == tap ]] || skip "needs our stack"
mkdir "$work/www"
make_file www/file 1
start kernel python3 "$top/integration/http_peer.py" 80 "$work/www"
kernel_listens 80
before=$(date +%s)
ours_options=(--pcap "$work/link.pcap")
ours curl -sS -f --max-time 30 -o "$work/got" "http://$KERNEL/file" || fail "curl"
after=$(date +%s)
same "$work/www/file" "$work/got"

# column FIELD FILTER: one value per frame.
column()
{
  tshark -r "$work/link.pcap" -Y "$2" -T fields -e "$1" 2>>"$work/tshark.log"
}

# One each way; on a slow machine they may be sent again.
[[ $(column ip.src "tcp.flags.syn == 1" | sort -u | wc -l) == 2 ]] ||
  fail "not two SYNs"
(($(column frame.number "tcp.flags.fin == 1" | wc -l) >= 1)) || fail "no FIN"
(($(column frame.number arp | wc -l) >= 1)) || fail "no ARP"
[[ -z $(column frame.number "_ws.malformed || _ws.short") ]] || fail "malformed frames"
proved "tshark reads $(column frame.number frame | wc -l) frames, ARP to FIN"

column frame.time_epoch frame | awk -v before="$before" -v after="$after" '
  $1 < before || $1 > after + 1 || $1 < last { exit 1 } { last = $1 }' ||
  fail "timestamps are not those of the run, in order"
proved "timestamps lie inside the run, in order"

tshark -r "$work/link.pcap" -q -z "follow,tcp,raw,0" 2>/dev/null |
  grep -P '^\t?[0-9a-f]+$' | grep -P '^\t' | tr -d '\t\n' | xxd -r -p |
  tail -c 1048576 | cmp -s - "$work/www/file" || fail "the file is not in the capture"
proved "the file, byte for byte, is in the capture"
