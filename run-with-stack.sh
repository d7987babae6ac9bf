#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# run-with-stack.sh - run one command on a TCP/IP stack of its own
#
#   COMMAND + libnsshim.so ==TAP==> kernel's end: this machine, NAT to outside
#        10.201.x.2                 10.201.x.1    (or --netns, or --bridge)
#
# What this script is for
#   Finds or builds the library, makes a TAP with a subnet nobody else uses,
#   runs COMMAND with LD_PRELOAD and NSSHIM_* set, passes on signals and the
#   exit status, and takes back everything it made.
#
# Comes in   options, and the NSSHIM_* variables as their defaults.
# Goes out   exit status of COMMAND, 128+n for signal n, 125 for our own errors.
# Never      leaves a TAP, an nftables table or a sysctl changed; what a killed
#            instance left is swept by the next one (records in $state).

set -u
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
me=run-with-stack
verbose=
state=
lock_state=

usage()
{
  cat <<'EOF'
usage: run-with-stack.sh [options] [--] COMMAND [ARG...]
       run-with-stack.sh --demo | --test | --make-tap NAME --user USER

Runs COMMAND with its own TCP/IP stack on a TAP device.

  --addr PREFIX[,PREFIX]  the stack's addresses, as 10.0.0.2/24
                          (default: a free /30 of 10.201.0.0/16)
  --gateway ADDR          the stack's way out; also the address that the
                          kernel's end gets when the TAP is made here
  --tap NAME              device to use; made when there is none of that name
  --netns NAME            kernel's end, and COMMAND, in that existing network
                          namespace (ip netns add NAME)
  --bridge BR             put the kernel's end into that existing bridge
  --dns ADDR[,ADDR]       name servers (default: those of /etc/resolv.conf)
  --mtu N                 MTU of both ends
  --mac AA:BB:..          the stack's hardware address (default: made up)
  --host PREFIX[,PREFIX]  destinations left to the host's own kernel
  --log LEVEL             off, error, warn, info or debug
  --pcap FILE             write every frame to FILE (opens in Wireshark)
  --impair SPEC           worsen the link: loss=2%,delay=10ms,jitter=1ms,
                          reorder=5%,dup=1%,corrupt=0.1%,rate=100mbit,seed=7
  -v                      say what is done

  --make-tap NAME --user USER [--addr PREFIX --gateway ADDR]
                          prepare a TAP that USER may use without root
  --demo                  an unmodified curl fetches a page, shown step by step
  --test                  install, build and test everything
  --build                 build the library when it is missing or old
  --help                  this text

Each option has a variable of the same name: NSSHIM_ADDR for --addr, and so on;
NSSHIM_MEMORY, NSSHIM_NAME and NSSHIM_OFFLOAD are passed on as they are, and
NSSHIM_LIB names the library to preload. As root the TAP is made in the
namespace of the caller; without root, in a user and network namespace made
for COMMAND, from which nothing outside can be reached.
EOF
}

say()
{
  [[ -z $verbose ]] || echo "$me: $*" >&2
}

die()
{
  echo "$me: $*" >&2
  exit 125
}

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

# --- options -----------------------------------------------------------------

needs_value()
{
  (($2 >= 2)) || die "$1 needs a value; see --help"
}

read_options()
{
  tap=${NSSHIM_TAP-} addr=${NSSHIM_ADDR-} gateway=${NSSHIM_GATEWAY-}
  dns=${NSSHIM_DNS-} mtu=${NSSHIM_MTU-} mac=${NSSHIM_MAC-}
  host=${NSSHIM_HOST-} log=${NSSHIM_LOG-} pcap=${NSSHIM_PCAP-}
  impair=${NSSHIM_IMPAIR-}
  netns='' bridge='' make_tap='' user='' action=run
  while (($# > 0)); do
    case $1 in
    --tap | --addr | --gateway | --netns | --bridge | --dns | --mtu | --mac | \
      --host | --log | --pcap | --impair | --make-tap | --user)
      needs_value "$1" $#
      local name=${1#--}
      [[ -n $2 ]] || die "$1: the value is empty; see --help"
      printf -v "${name//-/_}" %s "$2"
      shift 2
      ;;
    --*=*)
      set -- "${1%%=*}" "${1#*=}" "${@:2}"
      ;;
    -v | --verbose) verbose=1 && shift ;;
    --demo) action=demo && shift ;;
    --test) action=test && shift ;;
    --build) action=build && shift ;;
    -h | --help) usage && exit 0 ;;
    --) shift && break ;;
    -*) die "unknown option $1; see --help (and put -- before COMMAND)" ;;
    *) break ;;
    esac
  done
  command=("$@")
}

check_options()
{
  local p
  [[ -z $tap || $tap =~ ^[A-Za-z0-9_.-]{1,15}$ ]] ||
    die "--tap $tap: a device name has 1 to 15 letters, digits, _ . -"
  for p in ${addr//,/ }; do
    [[ $p == *:* || $p == dhcp || $p == auto ]] || is_ip4_prefix "$p" ||
      die "--addr $p: must be an address with a length, as 10.0.0.2/24"
  done
  [[ -z $gateway ]] || is_ip4 "$gateway" ||
    die "--gateway $gateway: must be an IPv4 address, as 10.0.0.1"
  for p in ${dns//,/ }; do
    is_ip4 "$p" || [[ $p == *:* ]] || die "--dns $p: must be an address"
  done
  for p in ${host//,/ }; do
    is_ip4_prefix "$p" || is_ip4 "$p" || [[ $p == *:* ]] ||
      die "--host $p: must be a prefix, as 192.168.0.0/16"
  done
  [[ -z $mtu ]] || { [[ $mtu =~ ^[0-9]{1,5}$ ]] && ((mtu >= 68 && mtu <= 65521)); } ||
    die "--mtu $mtu: must be a number from 68 to 65521"
  [[ -z $mac || $mac =~ ^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$ ]] ||
    die "--mac $mac: must be six hexadecimal bytes, as 02:00:00:00:00:01"
  [[ -z $netns || -e /run/netns/$netns ]] ||
    die "--netns $netns: no such namespace; make it with: ip netns add $netns"
  [[ -z $bridge ]] || "${ip[@]}" link show dev "$bridge" >/dev/null 2>&1 ||
    die "--bridge $bridge: no such device; ip link add $bridge type bridge"
  [[ -z $bridge || -n $addr ]] ||
    die "--bridge needs --addr: an address of the bridge's network"
}

# --- the library -------------------------------------------------------------

# Sources newer than the library: then it is built again.
is_stale()
{
  [[ ! -e $1 ]] && return 0
  [[ -n $(find "$here/stack" "$here/shim" "$here/meson.build" -newer "$1" \
    -type f ! -name '*_test.c' ! -name '*_fuzz.c' ! -name '*.md' -print -quit) ]]
}

build_failed()
{
  grep -E 'error|ERROR|FAILED|undefined' "$1" | head -n 10 >&2
  die "$2 failed; all of its output is in $1"
}

build_library()
{
  local build=$here/build
  local log=$build/build.log
  say "building $build"
  for tool in meson ninja gcc pkg-config; do
    command -v $tool >/dev/null ||
      die "$tool is missing; run: $here/integration/deps.sh build"
  done
  mkdir -p "$build" || die "cannot make $build"
  exec {lock_build}>"$build/.lock" || die "cannot write to $build"
  flock "$lock_build"
  [[ -e $build/build.ninja ]] || meson setup "$build" "$here" >"$log" 2>&1 ||
    build_failed "$log" "meson setup"
  ninja -C "$build" shim/libnsshim.so >"$log" 2>&1 ||
    build_failed "$log" "the build"
  touch "$build/shim/libnsshim.so"
  exec {lock_build}>&-
}

find_library()
{
  local dir
  if [[ -n ${NSSHIM_LIB-} ]]; then
    [[ -r $NSSHIM_LIB ]] || die "NSSHIM_LIB=$NSSHIM_LIB: no such file"
    lib=$(readlink -f "$NSSHIM_LIB")
    return
  fi
  lib=$here/build/shim/libnsshim.so
  if [[ -e $here/shim/meson.build ]]; then
    # Somebody else's tree: take the library as it is.
    [[ -r $lib && ! -w $here ]] || ! is_stale "$lib" || build_library
    return
  fi
  for dir in "$here" "$here/../lib" "$here/../lib/$(uname -m)-linux-gnu"; do
    lib=$dir/libnsshim.so
    [[ ! -r $lib ]] || return 0
  done
  die "libnsshim.so is neither beside this script nor can it be built here"
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
  # Held already, when something went wrong half-way.
  [[ -z $lock_state ]] || return 0
  while :; do
    mkdir -p "$state" || die "cannot make $state"
    exec {lock_state}>"$state/lock" || die "cannot write to $state"
    flock "$lock_state"
    [[ ! $state/lock -ef /proc/$$/fd/$lock_state ]] || return 0
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
    for pid in "$@"; do
      echo "process=$pid:$(started_at "$pid")"
    done
  } >"$state/new.$$" || die "cannot write to $state"
  mv "$state/new.$$" "$state/tap.$made_tap@$netns" ||
    die "cannot write to $state"
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

# The gateway is the kernel's end, unless a bridge stands between.
choose_gateway()
{
  local prefix
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
  [[ -n $gateway || -z $there ]] || gateway=${there%/*}
}

make_device()
{
  local out
  out=$("${ip[@]}" tuntap add dev "$1" mode tap vnet_hdr "${@:2}" 2>&1) ||
    die "cannot make the TAP $1: ${out:-ip tuntap failed} (is /dev/net/tun there, and readable?)"
  made_tap=$1
  "${in_netns[@]}" sh -c "echo 1 >/proc/sys/net/ipv6/conf/$1/disable_ipv6" 2>/dev/null
  "${ip[@]}" link set dev "$1" txqueuelen 4096 ${mtu:+mtu "$mtu"} up ||
    die "cannot bring up $1${mtu:+ with MTU $mtu}"
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

# --- what runs ---------------------------------------------------------------

make_network()
{
  uplink=
  if [[ -n $tap ]] && "${ip[@]}" link show dev "$tap" >/dev/null 2>&1; then
    use_tap
    return
  fi
  if [[ -z $nested ]]; then
    open_state
    lock
    sweep
  fi
  [[ -n $nested ]] || trap clean_up EXIT
  [[ -n $addr ]] || choose_subnet
  choose_gateway
  [[ -n $tap ]] || tap=nss$$
  if [[ -n $nested ]]; then
    ip link set lo up
    make_device "$tap" user 0
    give_address
    return
  fi
  record_early "$tap"
  make_device "$tap"
  give_address
  if [[ -z $netns && -z $bridge && -n $(first_ip4) ]]; then
    let_out
    default_dns
  fi
  unlock
}

# Written before the device is made: a kill in between leaves no orphan.
record_early()
{
  made_tap=$1
  record $$
}

clean_up()
{
  trap '' TERM INT HUP QUIT
  [[ -n $made_tap ]] || return 0
  lock
  forget "$state/tap.$made_tap@$netns"
  say "removed $made_tap"
  unlock
}

set_environment()
{
  environment=("NSSHIM_TAP=$tap" "NSSHIM_ADDR=$addr")
  local name
  for name in gateway dns mtu mac host log pcap impair; do
    [[ -z ${!name} ]] || environment+=("NSSHIM_${name^^}=${!name}")
  done
  environment+=("LD_PRELOAD=$lib${LD_PRELOAD:+:$LD_PRELOAD}")
  say "environment: ${environment[*]}"
}

# Ctrl-C goes to every process of the terminal's foreground group: then the
# program has it already, and a second one from us would be one too many.
in_foreground()
{
  local stat
  read -r stat </proc/$$/stat
  set -- ${stat##*) }
  (($6 > 0 && $3 == $6))
}

pass_on()
{
  interrupted=1
  case $1 in
  INT | QUIT) ! in_foreground || return 0 ;;
  esac
  [[ -z $child ]] || kill -"$1" "$child" 2>/dev/null
}

# bash starts background commands with INT and QUIT ignored; give the program
# what our caller gave us.
default_signals()
{
  local ignored
  ignored=$((16#$(awk '$1 == "SigIgn:" { print $2 }' /proc/$$/status)))
  restore=()
  ((ignored & 2)) || restore+=(--default-signal=INT)
  ((ignored & 4)) || restore+=(--default-signal=QUIT)
}

run_command()
{
  local sig status again launcher=()
  [[ -z $netns ]] || launcher=(nsenter "--net=/run/netns/$netns" --)
  [[ -z $nested ]] || launcher=(unshare --user "--map-user=${nested%:*}"
    "--map-group=${nested#*:}" --)
  launcher+=(env "${restore[@]}" "${environment[@]}")

  # Nothing to take back: then the program may take our place altogether.
  [[ -n $made_tap && -z $nested ]] || exec "${launcher[@]}" "${command[@]}"
  child=
  for sig in TERM INT QUIT HUP USR1 USR2; do
    trap "pass_on $sig" $sig
  done
  "${launcher[@]}" "${command[@]}" <&0 &
  child=$!
  record $$ $child
  interrupted=
  wait $child 2>/dev/null
  status=$?
  while [[ -n $interrupted ]]; do
    interrupted=
    wait $child 2>/dev/null
    again=$?
    ((again == 127)) || status=$again
  done
  leave_a_keeper
  exit $status
}

# A TAP has a carrier while somebody has it open.
is_in_use()
{
  "${ip[@]}" -o link show dev "$made_tap" 2>/dev/null | grep -q LOWER_UP
}

# Daemons live on when the program that was started has ended: the network is
# taken back when the last of them is gone.
leave_a_keeper()
{
  local line pid
  [[ -z $nested ]] && is_in_use || return 0
  say "the program has ended; processes of its stack live on"
  # Told, not asked; and looked at once more after the ear is open.
  (
    trap '' INT HUP TERM
    coproc "${ip[@]}" monitor link dev "$made_tap" 2>/dev/null
    pid=$COPROC_PID
    sleep 0.2
    while is_in_use && read -r line; do :; done <&"${COPROC[0]}"
    kill $pid
    clean_up
  ) </dev/null >/dev/null 2>&1 &
  record $!
  trap - EXIT
}

# Without root: everything below happens in namespaces of our own.
nest()
{
  unshare --user --map-root-user --net true 2>/dev/null ||
    die "not root, and user namespaces are off here: run as root, or once: sudo $0 --make-tap NAME --user $USER"
  [[ -r /dev/net/tun && -w /dev/net/tun ]] ||
    die "not root, and /dev/net/tun is closed to you: run as root, or once: sudo $0 --make-tap NAME --user $USER"
  say "not root: working in a user and network namespace of its own"
  NSSHIM_LIB=$lib NSSHIM_NESTED=$(id -u):$(id -g) \
    exec unshare --user --map-root-user --net -- "$0" "$@"
}

make_tap()
{
  [[ -n $user ]] || die "--make-tap needs --user USER, who may use it"
  id -u "$user" >/dev/null 2>&1 || die "--user $user: no such user"
  ((EUID == 0)) || die "--make-tap needs root: sudo $0 --make-tap $make_tap --user $user"
  ! ip link show dev "$make_tap" >/dev/null 2>&1 ||
    die "--make-tap $make_tap: there is a device of that name; ip link del $make_tap"
  trap '[[ -z $made_tap ]] || ip link del "$made_tap"' EXIT
  make_device "$make_tap" user "$user"
  if [[ -n $addr ]]; then
    choose_gateway
    give_address
  elif [[ -n $gateway ]]; then
    addr=$gateway/24
    give_address
    addr=$(neighbour_of "$gateway/24")/24
  fi
  trap - EXIT
  echo "made $make_tap for $user; remove it with: ip link del $make_tap"
  echo "use it so: NSSHIM_TAP=$make_tap NSSHIM_ADDR=${addr:-ADDRESS/LENGTH}${gateway:+ NSSHIM_GATEWAY=$gateway} LD_PRELOAD=libnsshim.so COMMAND"
}

main()
{
  default_signals
  nested=${NSSHIM_NESTED-}
  unset NSSHIM_NESTED
  made_tap=
  read_options "$@"
  in_netns=()
  ip=(ip)
  if [[ -n $netns ]]; then
    in_netns=(nsenter "--net=/run/netns/$netns" --)
    ip=(ip -n "$netns")
  fi
  case $action in
  demo) exec "$here/integration/demo.sh" ;;
  test) exec "$here/integration/all.sh" ;;
  build) find_library && exit ;;
  esac
  command -v ip >/dev/null || die "ip is missing; apt-get install iproute2"
  check_options
  if [[ -n $make_tap ]]; then
    make_tap
    exit
  fi
  ((${#command[@]} > 0)) || die "no COMMAND; see --help"
  find_library
  if ((EUID != 0)) && { [[ -z $tap ]] || ! ip link show dev "$tap" >/dev/null 2>&1; }; then
    [[ -z $netns && -z $bridge ]] || die "--netns and --bridge need root"
    nest "$@"
  fi
  make_network
  set_environment
  run_command
}

main "$@"
