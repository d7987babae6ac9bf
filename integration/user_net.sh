# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# user_net.sh - a network without any privilege: passt
#
#   COMMAND + libnsshim.so ==UNIX stream==> passt ==ordinary sockets==> outside
#       10.0.2.15                10.0.2.2 (the host's loopback), 10.0.2.3 (DNS)
#
# What this script is for
#   run-with-stack.sh --net user. passt speaks frames with us and system calls
#   with the kernel, as a user like any other; it ends when the last process of
#   the stack has. Sourced by run-with-stack.sh only; uses its say() and die().

passt=
passt_dir=

# As root passt becomes nobody before it makes its socket.
make_passt_dir()
{
  passt_dir=$(mktemp -d "${TMPDIR:-/tmp}/nsshim-passt.XXXXXX") ||
    die "cannot make a folder in ${TMPDIR:-/tmp}"
  ((EUID != 0)) || chown nobody "$passt_dir"
}

passt_failed()
{
  local why
  why=$(grep -v -e '^Failed to send' -e "^Don't run as root" "$passt_dir/log" |
    tail -n 1)
  end_passt
  die "--net user: passt ended${why:+: $why}"
}

# Every address is a default that an option of ours overrides; or, where the
# network is to be asked, passt gives this machine's own by DHCP, and its IPv6
# prefix by router advertisements. Not by DHCPv6 as well: passt sends all that
# arrives to the one address that it saw last, and to :: after a question about
# a duplicate, so that a second address takes the first one's segments away.
start_passt()
{
  local n how
  command -v passt >/dev/null ||
    die "--net user: passt is missing; apt-get install passt"
  mtu=${mtu:-65520}
  if asks_network; then
    [[ $addr =~ ^(auto|dhcp|auto,temporary)$ && -z $gateway$gateway6 ]] ||
      die "--net user with --addr $addr takes no other address, and no --gateway"
    how=(--no-dhcpv6)
  else
    addr=${addr:-10.0.2.15/24} gateway=${gateway:-10.0.2.2}
    is_ip4_prefix "$addr" || die "--net user takes auto or one IPv4 prefix as --addr"
    how=(--ipv4-only --address "${addr%/*}" --netmask "${addr#*/}"
      --gateway "$gateway" --dns-forward "${dns:-10.0.2.3}")
    dns=${dns:-10.0.2.3}
  fi
  make_passt_dir
  trap end_passt EXIT
  # Its own log file: whoever reads our stderr does not want it.
  passt --foreground --one-off --socket "$passt_dir/socket" --mtu "$mtu" \
    "${how[@]}" </dev/null >"$passt_dir/log" 2>&1 &
  passt=$!
  for ((n = 0; n < 100; n++)); do
    [[ ! -S $passt_dir/socket ]] || break
    kill -0 $passt 2>/dev/null || passt_failed
    sleep 0.05
  done
  [[ -S $passt_dir/socket ]] || passt_failed
  link=stream:$passt_dir/socket
  say "passt carries the frames${gateway:+, $gateway is this machine}"
}

# A connected end of the socket is in state 03; then passt ends by itself when
# the last process of the stack has.
end_passt()
{
  [[ -n $passt ]] || return 0
  grep -q "^[^ ]* [^ ]* [^ ]* [^ ]* [^ ]* 03 [^ ]* $passt_dir/socket\$" \
    /proc/net/unix || kill $passt 2>/dev/null
  rm -rf "$passt_dir"
  passt=
}
