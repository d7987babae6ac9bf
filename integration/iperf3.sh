#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# iperf3.sh - iperf3 on our stack: both roles, both ways, TCP and UDP
#
#   iperf3 + stack 10.77.0.2 ==tap0== 10.77.0.1 iperf3
#
# What this script is for
#   Every run must move data in its direction without an error.

. "$(dirname "$0")/net.sh"
need iperf3 python3
net_up

# Bits received a second, and datagrams lost, from iperf3's own report.
read_report()
{
  python3 - "$1" <<'EOF'
import json, sys
report = json.load(open(sys.argv[1]))
if "error" in report:
    sys.exit(report["error"])
end = report["end"]
total = end.get("sum_received") or end["sum"]
lost = f", {total['lost_percent']:.1f} % lost" if "lost_percent" in total else ""
if total["bytes"] < 100000:
    sys.exit("hardly anything arrived")
print(f"{total['bits_per_second'] / 1e9:.2f} Gbit/s{lost}")
EOF
}

# run SERVER ADDRESS CLIENT OPTIONS...
run()
{
  local server=$1 address=$2 client=$3 result
  shift 3
  start "$server" iperf3 -s -1 --forceflush
  wait_for_iperf "$server" "$address"
  "$client" iperf3 -c "$address" -t 2 -J --connect-timeout 5000 "$@" >"$work/report" ||
    fail "iperf3 $*: $(grep error "$work/report")"
  result=$(read_report "$work/report" 2>&1) || fail "iperf3 $*: $result"
  wait "$pid"
  proved "server $server, client $client, $*: $result"
}

# A server of one test must not be asked by a connection of ours.
wait_for_iperf()
{
  if [[ $1 == kernel ]]; then
    kernel_listens 5201
  else
    eventually grep -q 'Server listening' "$log"
  fi
}

for options in "-P 1" "-P 1 -R" "-P 8" "-P 8 -R" "-u -b 200M -l 1400" \
  "-u -b 200M -l 1400 -R"; do
  # shellcheck disable=SC2086
  run kernel $KERNEL ours $options
  # shellcheck disable=SC2086
  run ours $OURS kernel $options
done

# iperf3 3.12 garbles files (-F), and its server stops counting when the client
# says it is done, which can overtake the data; on the kernel's TCP as well.
start kernel iperf3 -s -1
kernel_listens 5201
ours iperf3 -c $KERNEL -n 64M -l 64K -J >"$work/report" || fail "iperf3 -n"
python3 - "$work/report" <<'EOF' || fail "64 MiB did not arrive"
import json, sys
end = json.load(open(sys.argv[1]))["end"]
sent, received = end["sum_sent"]["bytes"], end["sum_received"]["bytes"]
if sent < 64 << 20 or not 0.5 * sent <= received <= sent:
    sys.exit(f"sent {sent}, received {received}")
EOF
proved "64 MiB sent and counted"
