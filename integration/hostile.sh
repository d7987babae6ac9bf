#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# hostile.sh - an unmodified server survives whatever a network can send it
#
#   nginx + stack 10.77.0.2:80 ==tap0== 10.77.0.1    curl, again and again
#                                 |==== 10.77.0.128+ hostile_peer.py, raw frames
#
#   hostile.sh [frames|tcp|ip6|peers|CLASS...]     (default: all of them)
#
# What this script is for
#   For each class of hostile traffic: a fresh nginx on our stack serves slow
#   downloads to the kernel's curl without a pause, each compared byte for byte;
#   hostile_peer.py attacks; the downloads go on, memory stays within the bound
#   of the class, the server answers at once afterwards. When it ends, the
#   counters name each reason that the class is about, and nearly all memory has
#   been given back.

. "$(dirname "$0")/net.sh"
. "$top/integration/servers.sh"

# class, most MiB of memory, and what must have been counted.
classes()
{
  cat <<'TABLE'
truncate        16 ARP_SHORT IP_SHORT IP_TOTAL_LENGTH ICMP_SHORT UDP_SHORT UDP_LENGTH TCP_SHORT TCP_OFFSET
random          16 ETH_TYPE ETH_NOT_OURS ETH_SOURCE ARP_FORMAT ARP_OPCODE IP_VERSION IP_HEADER_LENGTH IP_CHECKSUM IP_PROTOCOL IP_NOT_OURS
mutate          48 IP_CHECKSUM TCP_CHECKSUM
ip_options      16 IP_OPTION IP_SOURCE_ROUTE
fragments       24 REASM_OVERLAP REASM_BOUNDS IP_REASM_OKS
fragment_flood  24 REASM_FULL
land            16 IP_SOURCE IP_LOOPBACK TCP_ADDRESS ICMP_BROADCAST
arp             16 ARP_SENDER ARP_NOT_OURS ARP_OPCODE
arp_spoof       16 ARP_IN
icmp            16 ICMP_TYPE ICMP_EMBEDDED ICMP_CHECKSUM
mtu             16 ICMP_IN
udp             16 UDP_SHORT UDP_LENGTH UDP_CHECKSUM UDP_PORT ICMP_OUT_LIMITED
groups          16 IGMP_FORMAT IGMP_FORGED IGMP_SHORT MLD_FORMAT MLD_FORGED
offload         48 TCP_PORT|TCP_COOKIE|TCP_CHECKSUM
syn_flood       24 TCP_SYN_COOKIES_SENT
segment_flood   16 TCP_ACK TCP_STATE TCP_RST TCP_COOKIE TCP_PORT TCP_OFFSET TCP_CHECKSUM
blind           16 TCP_RST TCP_SYN TCP_ACK TCP_OLD_ACK TCP_WINDOW TCP_NO_ACK TCP_CHALLENGE_ACKS
tcp_options     48 TCP_IN_SEGS
crumbs          64 TCP_OUT_OF_ORDER
gaps            64 TCP_OUT_OF_ORDER
zero_window     64 TCP_ZERO_WINDOW_PROBES
silent         128 TCP_RTO_TIMEOUTS
vanish         256 TCP_PASSIVE_OPENS
chains6         16 IP6_EXTENSION IP6_OPTION IP6_ROUTING IP6_SOURCE IP6_SHORT IP6_LENGTH IP6_VERSION
fragments6      24 REASM_OVERLAP REASM_BOUNDS REASM_FULL
nd6             24 ND_HOPS ND_FORMAT ICMP_CHECKSUM|ICMP_SHORT ICMP_REDIRECT
TABLE
}

frames="truncate random mutate ip_options fragments fragment_flood land udp groups offload"
tcp="arp arp_spoof icmp mtu syn_flood segment_flood blind tcp_options"
# Classes whose names end in 6 attack, and fetch, over IPv6.
ip6="chains6 fragments6 nd6"
peers="crumbs gaps zero_window silent vanish"

configure()
{
  make_file file 16
  nginx_conf "master_process off" "worker_rlimit_nofile 16384" \
    "events: worker_connections 8192" "http: client_header_timeout 3s" \
    "http: send_timeout 3s" "http: reset_timedout_connection on" \
    "server: listen 80 backlog=1024" ${ipv6:+"server: listen [::]:80"} "server: root $work" \
    "server: location = /slow { alias $work/file; limit_rate 16m; }"
}

fetch()
{
  kernel curl -sS -f --local-port 31000-60000 -o "$work/got.$1" "${@:3}" \
    "http://$target/$2" 2>>"$work/curl.log" || return 1
  cmp "$work/file" "$work/got.$1" || echo "wrong bytes" >"$work/wrong"
}

# Downloads without a pause, until $work/enough is there.
download_on()
{
  local good=0 bad=0 patience=20
  [[ $1 != arp_spoof ]] || patience=5
  # Until told, or the test has failed.
  while [[ -d $work && ! -e $work/enough ]]; do
    if fetch loop slow --max-time $patience; then
      good=$((good + 1))
    else
      bad=$((bad + 1))
    fi
    echo "$good $bad" >"$work/loop"
  done
}

# What the arena's memfd really holds, in MiB.
memory_now()
{
  local fd
  for fd in /proc/"$server"/fd/*; do
    [[ $(readlink "$fd") == /memfd:* ]] || continue
    echo $(($(stat -Lc %b "$fd") / 2048))
    return
  done
  echo 0
}

watch_memory()
{
  local now most=0
  while kill -0 "$1" 2>/dev/null; do
    now=$(memory_now)
    ((now <= most)) || echo $((most = now)) >"$work/most"
    sleep 0.1
  done
}

counted()
{
  grep -qE "^(dropped )?($1) +[1-9]" "$server_log"
}

start_server()
{
  rm -f "$work"/{nginx.pid,wrong,enough,loop,curl.log,stack.log,got.*}
  : >"$work/curl.log"
  start ours nginx -e "$work/error.log" -c "$work/nginx.conf"
  wrapper=$pid
  ours_answers 80
  server=$(<"$work/nginx.pid")
}

# A clean end, with counters.
stop_server()
{
  local left
  kill "$server"
  wait "$wrapper"
  counted LINK_IN_FRAMES || fail "$1: the server ended without its counters"
  left=$(sed -n 's/^MEMORY_BYTES *\([0-9]*\).*/\1/p' "$server_log")
  ((left < 12 << 20)) || fail "$1: $((left >> 20)) MiB still in use at the end"
}

# attack CLASS MIB COUNTER...
attack()
{
  local class=$1 mib=$2 most loop peer name began=$SECONDS
  local script=hostile_peer.py from=$KERNEL to=$OURS
  target=$OURS
  if [[ $class == *6 ]]; then
    script=hostile_peer6.py from=$KERNEL6 to=$OURS6 target="[$OURS6]"
  fi
  shift 2
  start_server
  # Who is lied to before its probes are over, after six seconds, has to believe it
  # (RFC 5227 2.1). The stack may be that of the class before.
  [[ $class != arp ]] || sleep 7
  echo 0 >"$work/most"
  download_on "$class" &
  loop=$!
  sleep 0.3
  kernel python3 "$top/integration/$script" tap0 $to $from "$class" \
    >"$work/peer.log" 2>&1 &
  peer=$!
  watch_memory $peer
  wait $peer || fail "$class: the attacker: $(tail -n 3 "$work/peer.log")"
  kill -0 "$server" 2>/dev/null || fail "$class: the server is gone"
  # The server gives up on peers after three seconds.
  [[ " $peers " != *" $class "* ]] || sleep 4
  touch "$work/enough"
  wait $loop
  fetch after file --max-time 15 || fail "$class: no answer afterwards"
  [[ ! -e $work/wrong ]] || fail "$class: wrong bytes"
  read -r good bad <"$work/loop"
  # Who lies about the neighbour may cost a download, nothing else may.
  ((bad == 0)) || [[ $class == arp_spoof ]] ||
    fail "$class: $bad downloads failed: $(tail -n 1 "$work/curl.log")"
  stop_server "$class"
  for name in "$@"; do
    counted "$name" || fail "$class: $name was not counted"
  done
  most=$(<"$work/most")
  ((most <= mib)) || fail "$class: $most MiB of memory, $mib allowed"
  proved "$(tail -n 1 "$work/peer.log"), $good downloads right, $most MiB," \
    "$((SECONDS - began)) s"
}

need python3 curl nginx
wanted=()
for arg in "${@:-all}"; do
  case $arg in
  all) wanted+=($frames $tcp $ip6 $peers) ;;
  frames) wanted+=($frames) ;;
  tcp) wanted+=($tcp) ;;
  ip6) wanted+=($ip6) ;;
  peers) wanted+=($peers) ;;
  *) wanted+=("$arg") ;;
  esac
done
ulimit -n 20000 2>/dev/null || skip "needs 20,000 descriptors"
[[ " ${wanted[*]} " != *"6 "* ]] || with_ipv6
net_up
# Servers turn their stderr into a log of their own: ours goes elsewhere.
server_log=$work/stack.log
ours_options=(--log "info,$server_log")
configure
for class in "${wanted[@]}"; do
  row=$(classes | grep "^$class ") || fail "$class: there is no such class"
  # shellcheck disable=SC2086
  attack $row
done
