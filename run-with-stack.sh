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
       run-with-stack.sh --join NAME [--] COMMAND [ARG...]
       run-with-stack.sh --demo | --test | --make-tap NAME --user USER

Runs COMMAND with its own TCP/IP stack on a TAP device.

  --addr PREFIX[,PREFIX]  the stack's addresses, as 10.0.0.2/24,fd00::2/64;
                          dhcp: from a server at the other end;
                          auto: IPv4 by DHCP and IPv6 from routers
                          (default: a free /30 of 10.201.0.0/16)
  --gateway ADDR[,ADDR]   the stack's way out, one of each family; also
                          what the kernel's end gets when the TAP is made here
  --tap NAME              device to use; made when there is none of that name
  --link SPEC             another kind of link: packet:INTERFACE shares one of
                          this machine's interfaces (root), stream:PATH speaks
                          with the server of a UNIX socket
                          may be given several times, also beside --tap: what
                          belongs to one of the links ends in @DEVICE then, as
                          in --addr 192.168.1.7/24@eth1, --mtu 1400@eth1
  --route ROUTE           as ip-route(8) has it, "10.9.0.0/16 via 10.0.0.1"; may
                          be given several times
  --forward               pass on packets of others between the links
  --net user              no device at all: passt carries the frames, and
                          reaches what this user reaches
  --netns NAME            kernel's end, and COMMAND, in that existing network
                          namespace (ip netns add NAME)
  --bridge BR             put the kernel's end into that existing bridge
  --name NAME             give the stack a name; it lives as long as any of
                          its processes
  --join NAME             run COMMAND on the stack of that name; only the user
                          who started it may
  --dns ADDR[,ADDR]       name servers (default: those of /etc/resolv.conf)
  --mtu N                 MTU of both ends
  --mac AA:BB:..          the stack's hardware address (default: made up)
  --host PREFIX[,PREFIX]  destinations left to the host's own kernel
  --log LEVELS            off, error, warn, info or debug; ROOM:LEVEL, as in
                          tcp:debug,drop:info, for a part of the stack; ,FILE
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
NSSHIM_ECN, NSSHIM_MEMORY, NSSHIM_OFFLOAD and NSSHIM_SECRET are passed on as they
are, and NSSHIM_LIB names the library to preload. As root the TAP is made in the
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

# shellcheck source=integration/tap.sh
source "$here/integration/tap.sh" || die "integration/tap.sh is not beside me"
# shellcheck source=integration/user_net.sh
source "$here/integration/user_net.sh" ||
  die "integration/user_net.sh is not beside me"

# shellcheck source=integration/several_links.sh
source "$here/integration/several_links.sh" ||
  die "integration/several_links.sh is not beside me"

# --- options -----------------------------------------------------------------

needs_value()
{
  (($2 >= 2)) || die "$1 needs a value; see --help"
}

read_options()
{
  tap=${NSSHIM_TAP-} addr=${NSSHIM_ADDR-} gateway=${NSSHIM_GATEWAY-} gateway6=
  dns=${NSSHIM_DNS-} mtu=${NSSHIM_MTU-} mac=${NSSHIM_MAC-}
  host=${NSSHIM_HOST-} log=${NSSHIM_LOG-} pcap=${NSSHIM_PCAP-}
  impair=${NSSHIM_IMPAIR-} link=${NSSHIM_LINK-}
  stack_name=${NSSHIM_NAME-} join=${NSSHIM_JOIN-}
  route=${NSSHIM_ROUTE-} forward=${NSSHIM_FORWARD-}
  local given=' '
  net='' netns='' bridge='' make_tap='' user='' action=run
  while (($# > 0)); do
    case $1 in
    --tap | --gateway | --netns | --bridge | --dns | --host | --log | --pcap | \
      --impair | --make-tap | --user | --net | --join)
      needs_value "$1" $#
      local name=${1#--}
      [[ -n $2 ]] || die "$1: the value is empty; see --help"
      printf -v "${name//-/_}" %s "$2"
      shift 2
      ;;
    --addr | --mtu | --mac | --link | --route)
      needs_value "$1" $#
      [[ -n $2 ]] || die "$1: the value is empty; see --help"
      add_option "${1#--}" "$2"
      shift 2
      ;;
    --forward) forward=on && shift ;;
    --name)
      needs_value "$1" $#
      stack_name=$2
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

# Are addresses asked for, and not only told?
asks_network()
{
  [[ ,$addr, == *,dhcp,* || ,$addr, == *,auto,* ]]
}

tap_is_there()
{
  [[ -n $tap ]] && "${ip[@]}" link show dev "$tap" >/dev/null 2>&1
}

# One of each family: the IPv6 one is kept in gateway6.
split_gateway()
{
  local p list=$gateway
  gateway=
  for p in ${list//,/ }; do
    if [[ $p =~ ^[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*$ && -z $gateway6 ]]; then
      gateway6=$p
    elif is_ip4 "$p" && [[ -z $gateway ]]; then
      gateway=$p
    else
      die "--gateway $list: must be an address, as 10.0.0.1, or one of each family"
    fi
  done
}

check_options()
{
  local p
  split_links
  for p in "$stack_name" "$join"; do
    [[ $p =~ ^[A-Za-z0-9_.-]{0,63}$ ]] ||
      die "$p: a stack's name has up to 63 letters, digits, _ . -"
  done
  [[ -z $join || -z $stack_name$tap$addr$bridge$link$net ]] ||
    die "--join $join: that stack has a network; --name, --tap, --addr and --bridge are for a new one"
  [[ -z $tap || $tap =~ ^[A-Za-z0-9_.-]{1,15}$ ]] ||
    die "--tap $tap: a device name has 1 to 15 letters, digits, _ . -"
  for p in ${addr//,/ }; do
    [[ $p == *:* || $p == dhcp || $p == auto || $p == temporary || $p == eui64 ]] || is_ip4_prefix "$p" ||
      die "--addr $p: must be an address with a length, as 10.0.0.2/24"
  done
  ! asks_network || [[ -n $bridge$link$netns$net ]] || tap_is_there ||
    die "--addr $addr: nobody gives addresses at the end of a TAP that is made here; use --bridge BR, --netns NAME, --net user, --link packet:INTERFACE or a --tap that is there"
  split_gateway
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
  [[ -z $net || $net == user ]] || die "--net $net: only user is known"
  [[ -z $net || -z $link$tap$netns$bridge ]] ||
    die "--net user goes with none of --link, --tap, --netns, --bridge"
  [[ -z $link || -z $bridge ]] || die "--link does not go with --bridge"
  [[ -z $link || -n $addr$addr_of_links ]] ||
    die "--link needs --addr: an address of that link's network"
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
  # The keeper shares the library's memory: never one without the other.
  ninja -C "$build" shim/libnsshim.so shim/nsshim-keeper >"$log" 2>&1 ||
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

# --- what runs ---------------------------------------------------------------

# The TAP that a killed instance left is nobody's: used as it is, the next sweep
# of anybody would take it away from us.
bury_dead_tap()
{
  ((EUID == 0)) && [[ -n $tap && -z $nested ]] || return 0
  open_state
  [[ -e $state/tap.$tap@$netns ]] || return 0
  lock
  [[ ! -e $state/tap.$tap@$netns ]] || ! is_dead "$state/tap.$tap@$netns" ||
    forget "$state/tap.$tap@$netns"
  unlock
}

# The network as it was asked for: what another run can go on with.
describe_network()
{
  network="$addr $gateway $bridge $mtu"
}

# True when the TAP is that of a program that has ended; it is ours now.
take_over()
{
  ((EUID == 0)) && [[ -n $tap && -z $nested ]] || return 1
  open_state
  [[ $(field leaving "$state/tap.$tap@$netns") == 1 ]] || return 1
  lock
  if [[ $(field leaving "$state/tap.$tap@$netns") != 1 ]] ||
    ! "${ip[@]}" link show dev "$tap" >/dev/null 2>&1; then
    unlock
    return 1
  fi
  trap clean_up EXIT
  if adopt; then
    use_tap
    record $$
    [[ -z $uplink ]] || default_dns
  else
    set_up_side
    record $$
    give_address
    open_the_way
  fi
  unlock
}

# The addresses of both ends.
set_up_side()
{
  [[ -n $addr ]] || choose_subnet
  choose_gateway
}

open_the_way()
{
  if [[ -z $netns && -z $bridge && -n $(first_ip4) ]]; then
    let_out
    default_dns
  fi
}

make_network()
{
  uplink='' leaving=''
  describe_network
  bury_dead_tap
  ! take_over || return 0
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
  set_up_side
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
  open_the_way
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
  if is_recorded $$; then
    forget "$state/tap.$made_tap@$netns"
    say "removed $made_tap"
  fi
  unlock
}

set_environment()
{
  local name both=$gateway${gateway:+${gateway6:+,}}$gateway6
  join_links
  environment=("NSSHIM_LINK=$link" "NSSHIM_ADDR=$addr")
  [[ -z $both ]] || environment+=("NSSHIM_GATEWAY=$both")
  for name in dns mtu mac host log pcap impair route forward; do
    [[ -z ${!name} ]] || environment+=("NSSHIM_${name^^}=${!name}")
  done
  unset NSSHIM_TAP
  [[ -z $stack_name ]] || environment+=("NSSHIM_NAME=$stack_name")
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

  # Nothing to take back: then the program may take our place altogether. But
  # who joins a named stack without root comes in through our namespaces.
  [[ (-n $made_tap && -z $nested) || -n $passt || (-n $nested && -n $stack_name) ]] ||
    exec "${launcher[@]}" "${command[@]}"
  child=
  for sig in TERM INT QUIT HUP USR1 USR2; do
    trap "pass_on $sig" $sig
  done
  "${launcher[@]}" "${command[@]}" <&0 &
  child=$!
  [[ -z $made_tap || -n $nested ]] || record $$ $child
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

# Until nobody has the TAP open, or another run has taken it over.
wait_and_forget()
{
  local n=0
  trap '' INT HUP TERM
  while :; do
    lock
    is_recorded $BASHPID || break
    if ! is_in_use; then
      forget "$state/tap.$made_tap@$netns"
      break
    fi
    unlock
    # The keeper is done in milliseconds; daemons may stay for years.
    ((n++ < 60)) && sleep 0.05 || sleep 1
  done
  unlock
}

# When the program that was started has ended, its keeper may still deliver, and
# its daemons live on: the network is taken back when the last of them is gone,
# by a process of its own. Ours ends with the program.
leave_a_keeper()
{
  [[ -n $made_tap && -z $nested ]] || return 0
  lock
  if ! is_in_use; then
    clean_up
    trap - EXIT
    return
  fi
  say "the program has ended; its stack has something to do yet"
  (
    exec {lock_state}>&-
    lock_state=
    wait_and_forget
  ) </dev/null >/dev/null 2>&1 &
  leaving=1
  record $!
  unlock
  trap - EXIT
}

# --- joining -----------------------------------------------------------------

# The keepers of stacks named $join that are ours: their process numbers.
keepers_of_join()
{
  local dir words
  for dir in /proc/[0-9]*; do
    [[ -O $dir && $(cat "$dir/comm" 2>/dev/null) == nsshim-keeper ]] || continue
    words=()
    # It may end this moment.
    { mapfile -d '' words <"$dir/cmdline"; } 2>/dev/null
    [[ ${words[2]-} != "$join" ]] || echo "${dir#/proc/}"
  done
}

# A process of ours in the keeper's network namespace from which a user
# namespace of its own kind can be made again; see run_command().
gatekeeper_of()
{
  local dir net user
  net=$(readlink "/proc/$1/ns/net")
  user=$(readlink "/proc/$1/ns/user")
  for dir in /proc/[0-9]*; do
    [[ -O $dir && $(readlink "$dir/ns/net" 2>/dev/null) == "$net" &&
      $(readlink "$dir/ns/user" 2>/dev/null) != "$user" ]] || continue
    echo "${dir#/proc/}"
    return
  done
}

# Its namespaces, when they are not the ones we are in.
way_to()
{
  local guard
  if [[ /proc/$1/ns/net -ef /proc/$$/ns/net ]]; then
    return
  fi
  if ((EUID == 0)); then
    launcher=(nsenter --net --target "$1" --)
    return
  fi
  guard=$(gatekeeper_of "$1")
  [[ -n $guard ]] ||
    die "--join $join: the run-with-stack.sh that started it has ended, and its namespace cannot be entered any more"
  launcher=(nsenter --user --net --preserve-credentials --target "$guard" --
    unshare --user "--map-user=$(id -u)" "--map-group=$(id -g)" --)
}

join_stack()
{
  local pid here_is='' found=() launcher=() name
  mapfile -t found < <(keepers_of_join)
  for pid in "${found[@]}"; do
    [[ ! /proc/$pid/ns/net -ef ${netns:+/run/netns/}${netns:-/proc/$$/ns/net} ]] ||
      here_is=$pid
  done
  # One namespace was named: those of others are not meant.
  if [[ -n $here_is || -n $netns ]]; then
    found=(${here_is:+"$here_is"})
  fi
  ((${#found[@]} <= 1)) ||
    die "--join $join: there are ${#found[@]} stacks of that name, in other network namespaces; say which with --netns"
  if ((${#found[@]} == 1)); then
    way_to "${found[0]}"
  elif [[ -n $netns ]]; then
    launcher=(nsenter "--net=/run/netns/$netns" --)
  fi
  environment=("NSSHIM_JOIN=$join")
  for name in dns host log pcap impair; do
    [[ -z ${!name} ]] || environment+=("NSSHIM_${name^^}=${!name}")
  done
  environment+=("LD_PRELOAD=$lib${LD_PRELOAD:+:$LD_PRELOAD}")
  say "joining $join${found[0]:+, whose keeper is process ${found[0]}}"
  # Another stack's variables are not this one's.
  exec "${launcher[@]}" env -u NSSHIM_TAP -u NSSHIM_LINK -u NSSHIM_ADDR \
    -u NSSHIM_GATEWAY -u NSSHIM_NAME "${environment[@]}" "${command[@]}"
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
  local both=$gateway${gateway:+${gateway6:+,}}$gateway6
  echo "use it so: NSSHIM_TAP=$make_tap NSSHIM_ADDR=${addr:-ADDRESS/LENGTH}${both:+ NSSHIM_GATEWAY=$both} LD_PRELOAD=libnsshim.so COMMAND"
}

make_tap_network()
{
  if ((EUID != 0)) && { [[ -z $tap ]] || ! ip link show dev "$tap" >/dev/null 2>&1; }; then
    [[ -z $netns && -z $bridge ]] || die "--netns and --bridge need root"
    nest "$@"
  fi
  make_network
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
  [[ -z $join ]] || join_stack
  if [[ -n $net ]]; then
    start_passt
  elif [[ -n $link && -z $tap ]]; then
    say "using the link $link"
  else
    make_tap_network "$@"
  fi
  set_environment
  run_command
}

main "$@"
