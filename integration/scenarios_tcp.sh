# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# scenarios_tcp.sh - scenarios about TCP: loss, disorder, the states
#
# What this script is for
#   The functions scene_NAME of scenarios.sh, which sources it, about TCP.

# Segments are lost: sent again after duplicate ACKs, long before a timeout.
scene_fast_retransmit()
{
  net_up
  make_link
  make_file file 8
  start kernel python3 "$top/integration/http_peer.py" 8000 "$work"
  kernel_listens 8000
  capture tap0 'tcp port 8000'
  ours_options=(--impair loss=1%,seed=7 --log "info,$work/stack.log")
  ours curl -sS -f --max-time 60 -T "$work/file" "http://$KERNEL:8000/up" || fail "upload"
  same "$work/file" "$work/up"
  eventually grep -qE '^TCP_FAST_RETRANS +[1-9]' "$work/stack.log"
  stop "$pid_capture"
  counted 1 "ip.src == $OURS && tcp.analysis.fast_retransmission" ||
    fail "no fast retransmission in the capture"
  proved "8 MiB over 1 % loss: $(grep -E '^TCP_(FAST_RETRANS|RETRANS_SEGS|RTO_TIMEOUTS)' \
    "$work/stack.log" | tr -s ' \n' '  ')"
}

# Segments come in disorder: kept, and told by SACK.
scene_out_of_order()
{
  net_up
  make_link
  make_file file 8
  start kernel python3 "$top/integration/http_peer.py" 8000 "$work"
  kernel_listens 8000
  capture tap0 'tcp port 8000'
  ours_options=(--impair reorder=5%,loss=0.5%,seed=7 --log "info,$work/stack.log")
  ours curl -sS -f --max-time 60 -o "$work/got" "http://$KERNEL:8000/file" || fail "download"
  same "$work/file" "$work/got"
  eventually grep -qE '^TCP_OUT_OF_ORDER +[1-9]' "$work/stack.log"
  stop "$pid_capture"
  counted 5 "ip.src == $OURS && tcp.options.sack.count" || fail "no SACK blocks in the capture"
  proved "8 MiB in disorder: $(grep -E '^TCP_OUT_OF_ORDER' "$work/stack.log" |
    tr -s ' '), SACK blocks in $(tshark -r "$capture" -Y \
      "ip.src == $OURS && tcp.options.sack.count" 2>/dev/null | wc -l) ACKs"
}

# What the stack sends to PORT does not arrive, until the link is `open`.
cut_link()
{
  kernel nft -f - <<NFT
table ip scene {
  chain in {
    type filter hook prerouting priority -300;
    iifname tap0 tcp dport $1 drop
    iifname tap0 tcp sport $1 drop
  }
}
NFT
}

mend_link()
{
  kernel nft delete table ip scene
}

# do_ours, do_kernel LINE: a line of python on either side.
do_ours()
{
  echo "$1" >&8
}

do_kernel()
{
  echo "$1" >&9
}

# state PORT STATE: has the stack a connection with that local port in it?
is_state()
{
  prints "^$2 " console ss -Htan "sport = :$1"
}

has_none()
{
  ! prints . console ss -Htan "sport = :$1"
}

# Python that does a line at a time, so that the script can look in between.
start_both_sides()
{
  cat >"$work/repl.py" <<'PY'
import socket, sys
def new(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", port))
    return s
print("up", flush=True)
for line in iter(sys.stdin.readline, ""):
    try:
        exec(line)
    except BlockingIOError:
        pass
    print("done", line.strip(), flush=True)
PY
  mkfifo "$work/to_ours" "$work/to_kernel"
  exec 8<>"$work/to_ours" 9<>"$work/to_kernel"
  with_console
  ours_prefix
  timeout --foreground -k 5 "$limit" "${prefix[@]}" python3 "$work/repl.py" \
    <"$work/to_ours" >"$work/ours.log" 2>&1 8>&- 9>&- &
  started+=($!)
  kernel python3 "$work/repl.py" <"$work/to_kernel" >"$work/kernel.log" 2>&1 8>&- 9>&- &
  started+=($!)
  eventually grep -q up "$work/ours.log"
  eventually grep -q up "$work/kernel.log"
}

# All eleven states, seen by ss on the stack; the peer is Linux.
scene_fsm()
{
  need nft ss
  net_up
  make_link
  start_both_sides
  fsm_passive
  fsm_active
  fsm_simultaneous
}

# We are called, and called off.
fsm_passive()
{
  do_ours 'l = new(1001); l.listen()'
  eventually is_state 1001 LISTEN
  cut_link 1001
  do_kernel "k = socket.socket(); k.setblocking(False); k.connect(('$OURS', 1001))"
  eventually is_state 1001 SYN-RECV
  mend_link
  eventually is_state 1001 ESTAB
  do_ours 'c, _ = l.accept()'
  do_kernel 'k.close()'
  eventually is_state 1001 CLOSE-WAIT
  cut_link 1001
  do_ours 'c.close()'
  eventually is_state 1001 LAST-ACK
  mend_link
  do_ours 'l.close()'
  eventually has_none 1001
  proved "passive: LISTEN SYN-RECV ESTAB CLOSE-WAIT LAST-ACK CLOSED"
}

# We call, and end it.
fsm_active()
{
  do_kernel 'l = new(2000); l.listen()'
  kernel_listens 2000
  cut_link 1002
  do_ours "c = new(1002); c.setblocking(False); c.connect(('$KERNEL', 2000))"
  eventually is_state 1002 SYN-SENT
  mend_link
  eventually is_state 1002 ESTAB
  do_kernel 'k, _ = l.accept()'
  cut_link 1002
  do_ours 'c.shutdown(socket.SHUT_WR)'
  eventually is_state 1002 FIN-WAIT-1
  mend_link
  eventually is_state 1002 FIN-WAIT-2
  do_kernel 'k.close()'
  eventually is_state 1002 TIME-WAIT
  do_ours 'c.close()'
  proved "active: SYN-SENT ESTAB FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT"
}

# Both call at once, and both end it at once.
fsm_simultaneous()
{
  cut_link 1003
  do_ours "c = new(1003); c.setblocking(False); c.connect(('$KERNEL', 2003))"
  eventually is_state 1003 SYN-SENT
  do_kernel "k = new(2003); k.setblocking(False); k.connect(('$OURS', 1003))"
  eventually is_state 1003 SYN-RECV
  mend_link
  eventually is_state 1003 ESTAB
  cut_link 1003
  do_ours 'c.shutdown(socket.SHUT_WR)'
  eventually is_state 1003 FIN-WAIT-1
  do_kernel 'k.shutdown(socket.SHUT_WR)'
  eventually is_state 1003 CLOSING
  mend_link
  eventually is_state 1003 TIME-WAIT
  proved "simultaneous: SYN-SENT SYN-RECV ESTAB FIN-WAIT-1 CLOSING TIME-WAIT"
}
