# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# tap.sh - the TAP of one instance: its subnet, its record, its way out
#
#   tap.NAME in $state: who uses the device, and in which namespace
#
# What this script is for
#   The part of run-with-stack.sh that makes a device, gives the kernel's end an
#   address, lets the program out through NAT, and takes all of it back, also
#   for instances that were killed. Sourced by run-with-stack.sh only; uses its
#   say() and die().
#
# Never      touches a device, table or sysctl that no record of ours names.

# --- addresses ---------------------------------------------------------------

is_ip4()
{
  local part
  [[ $1 =~ ^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})$ ]] || return 1
  for part in "${BASH_REMATCH[@]:1}"; do
    ((10#$part <= 255)) || return 1
  done
}

is_ip4_prefix()
{
  [[ $1 == */* ]] && is_ip4 "${1%/*}" && [[ ${1#*/} =~ ^[0-9]{1,2}$ ]] &&
    ((10#${1#*/} <= 32))
}

to_number()
{
  local a b c d
  IFS=. read -r a b c d <<<"$1"
  echo $(((10#$a << 24) + (10#$b << 16) + (10#$c << 8) + 10#$d))
}

to_ip4()
{
  echo "$(($1 >> 24 & 255)).$(($1 >> 16 & 255)).$(($1 >> 8 & 255)).$(($1 & 255))"
}

# The network that PREFIX lies in: 10.0.0.2/24 gives 10.0.0.0/24.
network_of()
{
  local len=${1#*/}
  local mask=$((len == 0 ? 0 : 0xffffffff << (32 - len) & 0xffffffff))
  echo "$(to_ip4 $(($(to_number "${1%/*}") & mask)))/$len"
}

# Another host of the same network: the first one that is not PREFIX itself.
neighbour_of()
{
  local first
  first=$(($(to_number "$(network_of "$1" | cut -d/ -f1)") + 1))
  [[ $(to_ip4 $first) != "${1%/*}" ]] || first=$((first + 1))
  to_ip4 $first
}

# --- records: who is running, and what a killed instance left ----------------

# A process is the one we wrote down only if it started at the same time; one
# that nobody has waited for (Z) is dead.
started_at()
{
  local stat
  { read -r stat </proc/"$1"/stat; } 2>/dev/null || return 1
  stat=${stat##*) }
  [[ $stat != Z* ]] || return 1
  cut -d' ' -f20 <<<"$stat"
}

open_state()
{
  # One folder per network namespace that wrappers are started in.
  state=/run/nsshim/$(stat -Lc %i /proc/self/ns/net)
}

# The last one out removes the folder, so what we hold may be gone: try again.
lock()
{
  local tries=0
  # Held already, when something went wrong half-way.
  [[ -z $lock_state ]] || return 0
  while :; do
    mkdir -p "$state" || die "cannot make $state"
    # Gone again already, when somebody was the last one out this moment.
    if ! { exec {lock_state}>"$state/lock"; } 2>/dev/null; then
      ((tries++ < 100)) || die "cannot write to $state"
      continue
    fi
    flock "$lock_state"
    [[ ! $state/lock -ef /proc/$BASHPID/fd/$lock_state ]] || return 0
    exec {lock_state}>&-
    lock_state=
  done
}

unlock()
{
  if ! compgen -G "$state/tap.*" >/dev/null; then
    rm -f "$state"/lock "$state"/forward.* "$state"/new.*
    rmdir "$state" 2>/dev/null
  fi
  exec {lock_state}>&-
  lock_state=
}

# Renamed into place: a sweep that reads along never sees half of it.
record()
{
  local pid
  {
    echo "tap=$made_tap"
    echo "netns=$netns"
    echo "uplink=$uplink"
    echo "network=$network"
    echo "leaving=$leaving"
    for pid in "$@"; do
      echo "process=$pid:$(started_at "$pid")"
    done
  } >"$state/new.$$" || die "cannot write to $state"
  mv "$state/new.$$" "$state/tap.$made_tap@$netns" ||
    die "cannot write to $state"
}

# field NAME FILE
field()
{
  sed -n "s/^$1=//p" "$2" 2>/dev/null
}

# Is the record of our TAP (still) that of process PID?
is_recorded()
{
  grep -qs "^process=$1:" "$state/tap.$made_tap@$netns"
}

# Does a program hold the TAP, beside the keeper of one that has ended?
is_in_use_by_programs()
{
  local file pid
  for file in $(grep -ls "^iff:[[:space:]]*$1\$" /proc/[0-9]*/fdinfo/* 2>/dev/null); do
    pid=${file#/proc/} pid=${pid%%/*}
    [[ $(cat "/proc/$pid/comm" 2>/dev/null) == nsshim-keeper ]] || return 0
  done
  return 1
}

is_dead()
{
  local line pid
  while read -r line; do
    [[ $line == process=* ]] || continue
    line=${line#process=}
    pid=${line%%:*}
    [[ $(started_at "$pid") != "${line#*:}" ]] || return 1
  done <"$1"
}

# Takes back what the record says. The lock is held.
forget()
{
  local name ns dev record
  # Its own instance may have taken it away this very moment.
  record=$(cat "$1" 2>/dev/null) || return 0
  name=$(sed -n 's/^tap=//p' <<<"$record")
  ns=$(sed -n 's/^netns=//p' <<<"$record")
  dev=$(sed -n 's/^uplink=//p' <<<"$record")
  if [[ -z $ns ]]; then
    ip link del "$name" 2>/dev/null
  else
    ip -n "$ns" link del "$name" 2>/dev/null
  fi
  rm -f "$1"
  [[ -n $dev ]] || return 0
  nft delete table ip "nsshim_$name" 2>/dev/null
  if [[ -e $state/forward.$dev ]] && ! grep -qsx "uplink=$dev" "$state"/tap.*; then
    # Only if it is the same device still, in the same namespace.
    [[ $(identity "$dev") != "$(<"$state/forward.$dev")" ]] ||
      echo 0 >"/proc/sys/net/ipv4/conf/$dev/forwarding"
    rm -f "$state/forward.$dev"
  fi
}

# A device's index and hardware address.
identity()
{
  ip -o link show dev "$1" 2>/dev/null |
    sed -n 's/^\([0-9]*\):.*link\/[^ ]* \([^ ]*\).*/\1 \2/p'
}

sweep()
{
  local file
  for file in "$state"/tap.*; do
    [[ -e $file ]] || continue
    is_dead "$file" || continue
    say "sweeping ${file##*/tap.}, left by an instance that was killed"
    forget "$file"
  done
}

# --- the network -------------------------------------------------------------

# Does any route or address of this namespace lie in PREFIX, or cover it?
is_used()
{
  [[ -n $("${ip[@]}" -4 route show table all root "$1" 2>/dev/null) ]] ||
    "${ip[@]}" -4 route show table all match "$1" 2>/dev/null |
    grep -qv -e '^default' -e '^unreachable default'
}

choose_subnet()
{
  local pool block base
  for pool in 10.201.0.0 100.109.0.0 172.29.0.0; do
    base=$(to_number $pool)
    # What covers the whole pool covers every block of it.
    ! "${ip[@]}" -4 route show table all match $pool/16 2>/dev/null |
      grep -qv '^default' || continue
    for ((block = 0; block < 16384; block++)); do
      local net=$((base + 4 * ((block + $$ * 7) % 16384)))
      is_used "$(to_ip4 $net)/30" && continue
      addr=$(to_ip4 $((net + 2)))/30
      return
    done
  done
  die "no free subnet in 10.201/16, 100.109/16, 172.29/16; give one with --addr"
}

# The first IPv4 prefix of --addr, which the kernel's end shares.
first_ip4()
{
  local p
  for p in ${addr//,/ }; do
    ! is_ip4_prefix "$p" || { echo "$p" && return; }
  done
}

first_ip6()
{
  local p
  for p in ${addr//,/ }; do
    [[ $p != *:*/* ]] || { echo "$p" && return; }
  done
}

# Another host beside an IPv6 address: its last group is 1, or else 2.
neighbour_of6()
{
  local first=${1%/*}
  first=${first%:*}:1
  [[ $first != "${1%/*}" ]] || first=${first%:*}:2
  echo "$first"
}

# The gateway is the kernel's end, unless a bridge stands between.
choose_gateway()
{
  local prefix
  prefix=$(first_ip6)
  [[ -n $gateway6 || -n $bridge || -z $prefix ]] || gateway6=$(neighbour_of6 "$prefix")
  prefix=$(first_ip4)
  if [[ -n $gateway || -n $bridge || -z $prefix ]]; then
    return
  fi
  ((${prefix#*/} <= 30)) ||
    die "--addr $prefix: no room for the kernel's end; use /30 or shorter, or --gateway"
  gateway=$(neighbour_of "$prefix")
}

# A TAP that is there already: its own address tells the rest.
use_tap()
{
  local there
  say "using the TAP $tap, which is there already"
  there=$("${ip[@]}" -4 -o addr show dev "$tap" | awk '{ print $4; exit }')
  if [[ -z $addr ]]; then
    [[ -n $there ]] || die "$tap has no address to go by; give --addr PREFIX"
    addr=$(neighbour_of "$there")/${there#*/}
  fi
  # What the network tells is not to be guessed.
  [[ -n $gateway || -z $there ]] || asks_network || gateway=${there%/*}
}

# A device whose last program has ended, and whose keeper still delivers: from
# now on its record is ours. One that is set up otherwise is set up anew; then
# the keeper has two seconds (shim/process/keeper.c).
adopt()
{
  local file=$state/tap.$tap@$netns
  made_tap=$tap
  uplink=$(field uplink "$file")
  say "going on with $tap, on which a program has ended"
  [[ $(field network "$file") != "$network" ]] || return 0
  ! is_in_use_by_programs "$tap" ||
    die "$tap is in use by another program, with other addresses; stop it or choose another --tap"
  "${ip[@]}" addr flush dev "$tap" 2>/dev/null
  "${ip[@]}" link set dev "$tap" nomaster ${mtu:+mtu "$mtu"} 2>/dev/null
  nft delete table ip "nsshim_$tap" 2>/dev/null
  uplink=
  return 1
}

make_device()
{
  local out
  out=$("${ip[@]}" tuntap add dev "$1" mode tap vnet_hdr "${@:2}" 2>&1) ||
    die "cannot make the TAP $1: ${out:-ip tuntap failed} (is /dev/net/tun there, and readable?)"
  made_tap=$1
  # A router that shall answer has an address there.
  [[ ,$addr, == *,auto,* && -z $bridge ]] ||
    "${in_netns[@]}" sh -c "echo 1 >/proc/sys/net/ipv6/conf/$1/disable_ipv6" 2>/dev/null
  "${ip[@]}" link set dev "$1" txqueuelen 4096 ${mtu:+mtu "$mtu"} up ||
    die "cannot bring up $1${mtu:+ with MTU $mtu}"
}

give_address6()
{
  local prefix out
  prefix=$(first_ip6)
  [[ -n $prefix ]] || return 0
  "${in_netns[@]}" sh -c "echo 0 >/proc/sys/net/ipv6/conf/$made_tap/disable_ipv6" 2>/dev/null ||
    die "this kernel has no IPv6, which --addr $prefix needs"
  # One that is link-local is there already, or is another host's.
  [[ $gateway6 != [Ff][Ee]80:* ]] || return 0
  out=$("${ip[@]}" -6 addr add "$gateway6/${prefix#*/}" dev "$made_tap" nodad 2>&1) ||
    die "cannot give $gateway6 to $made_tap: $out"
  say "kernel's end: $made_tap, $gateway6/${prefix#*/}${netns:+ in namespace $netns}"
}

give_address()
{
  local prefix out
  prefix=$(first_ip4)
  if [[ -n $bridge ]]; then
    out=$("${ip[@]}" link set dev "$made_tap" master "$bridge" 2>&1) ||
      die "cannot put $made_tap into $bridge: $out"
    say "$made_tap is in bridge $bridge"
    return
  fi
  give_address6
  [[ -n $prefix ]] || return 0
  local net
  net=$(network_of "$prefix")
  [[ $(network_of "$gateway/${prefix#*/}") == "$net" ]] ||
    die "--gateway $gateway is not in $net, the network of --addr"
  ! "${ip[@]}" -4 route show exact "$net" | grep -q 'scope link' ||
    die "$net is already a network of this machine; choose another --addr, or give an existing --tap"
  out=$("${ip[@]}" addr add "$gateway/${prefix#*/}" dev "$made_tap" 2>&1) ||
    die "cannot give $gateway to $made_tap: $out"
  say "kernel's end: $made_tap, $gateway/${prefix#*/}${netns:+ in namespace $netns}"
}

# A reply that comes in on the uplink must be forwarded as well.
forward_uplink()
{
  local knob=/proc/sys/net/ipv4/conf/$uplink/forwarding
  [[ $(<"$knob") == 0 ]] || return 0
  identity "$uplink" >"$state/forward.$uplink"
  echo 1 >"$knob"
}

let_out()
{
  local net
  if ! command -v nft >/dev/null; then
    say "no nft here: the program reaches this machine and nothing beyond"
    return
  fi
  uplink=$(ip -4 route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
  if [[ -z $uplink ]]; then
    say "no default route here: the program reaches this machine only"
    return
  fi
  net=$(network_of "$(first_ip4)")
  record $$
  forward_uplink
  echo 1 >"/proc/sys/net/ipv4/conf/$made_tap/forwarding"
  if nft -f - 2>/dev/null <<EOF
table ip nsshim_$made_tap {
  chain out {
    type nat hook postrouting priority srcnat;
    ip saddr $net oifname != "$made_tap" masquerade
  }
  chain through {
    type filter hook forward priority filter;
    iifname "$made_tap" accept
    oifname "$made_tap" ct state established,related accept
  }
}
EOF
  then
    say "NAT: $net goes out by $uplink (nftables table nsshim_$made_tap)"
  else
    say "nft refused the NAT rules: the program reaches this machine only"
  fi
}

default_dns()
{
  [[ -z $dns && -n $uplink ]] || return 0
  dns=$(awk '$1 == "nameserver" && $2 !~ /^127\./ && $2 !~ /:/ { print $2 }' \
    /etc/resolv.conf 2>/dev/null | head -n 3 | paste -sd,)
}
