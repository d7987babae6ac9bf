# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# net.sh - the network that each test builds for itself, and takes down
#
#      nsst<pid>  (the kernel's end)                nssp<pid>  (plain)
#   +---------------------------------+           +-------------------+
#   | peers: curl, nginx, nc ...      |           | the same program, |
#   |                                 |           | without the stack |
#   |  tap0 10.77.0.1    veth0 10.78.0.1 ======== veth1 10.78.0.2      |
#   +----||---------------------------+           +-------------------+
#        ||
#   program + libnsshim.so 10.77.0.2    ("ours": started in nsst<pid> too, since
#                                        a TAP opens only in its own namespace)
#
# What this script is for
#   Sourced by every test. `ours CMD` runs CMD on our stack, `kernel CMD` on the
#   kernel at the other end, `start`/`stop` do either in the background.
#   NSSHIM_SIDE=veth runs `ours` in the plain namespace on the kernel's own TCP:
#   the oracle, and the proof that a failure is not the test's own.
#
#   `with_ipv6` before net_up gives both sides IPv6 addresses, too: fd00:77::2 and
#   fd00:77::1, or fd00:78::2 and fd00:78::1 on the plain side.
#
# Never      touches the host's network; all names carry our process number, and
#            what a killed test left is swept by the next one.

set -u -o pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${NSSHIM_BUILD:-$top/build}
test_name=$(basename "$0" .sh)
# For whatever hangs; also for servers, which live as long as their test.
limit=${NSSHIM_LIMIT:-300}
full=${NSSHIM_FULL-}
ns=nsst$$
ns_plain=nssp$$
work=
started=()
hosts=()
ours_options=()
ipv6=
OURS=10.77.0.2
KERNEL=10.77.0.1
OURS6=fd00:77::2
KERNEL6=fd00:77::1

skip()
{
  echo "$test_name: skipped: $*"
  exit 77
}

# What failed comes last, and the logs before it are short: of a long log of
# many tests often only the end is kept.
fail()
{
  [[ -z $work ]] || last_words >&2
  echo "$test_name: FAILED: $*" >&2
  exit 1
}

# The last lines of the logs that were written last.
last_words()
{
  local one
  # shellcheck disable=SC2012
  ls -t "$work"/*.log 2>/dev/null | head -n 8 | tac | while read -r one; do
    [[ -s $one ]] || continue
    echo "-- ${one##*/}"
    tail -n 6 "$one" | cut -c 1-160
  done
}

proved()
{
  echo "$test_name: $*"
}

need()
{
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
  done
}

# --- up and down ---------------------------------------------------------------

# end_namespace NAME: ends all that runs in it, also what is forked meanwhile: a
# master whose worker was killed starts another one before its own turn comes.
end_namespace()
{
  local n pids
  for ((n = 0; n < 100; n++)); do
    pids=$(ip netns pids "$1" 2>/dev/null)
    [[ -n $pids ]] || break
    xargs kill -9 <<<"$pids" 2>/dev/null
    sleep 0.02
  done
  ip netns del "$1"
}

# Namespaces whose test is dead: the number in the name is its process.
net_sweep()
{
  local name number
  for name in $(ip netns list 2>/dev/null | grep -oE '^nss[tp][0-9]+(-[0-9]+)?'); do
    number=${name#nss?}
    [[ ! -e /proc/${number%-*} ]] || continue
    end_namespace "$name" 2>/dev/null
  done
}

net_down()
{
  local pid name
  trap '' TERM INT HUP
  # Not all of $started: the number of one that has ended may be another's.
  for pid in $(jobs -rp); do
    kill "$pid" 2>/dev/null
  done
  for name in $ns $ns_plain "${hosts[@]}"; do
    [[ -e /run/netns/$name ]] || continue
    # A moment to end by themselves, then none.
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      [[ -n $(ip netns pids $name) ]] || break
      sleep 0.05
    done
    end_namespace $name
  done
  [[ -z $work ]] || rm -rf "$work"
}

new_namespace()
{
  ip netns add "$1" || skip "cannot make a network namespace here"
  ip -n "$1" link set lo up
  # Every kernel end runs CUBIC, whatever this machine's default is.
  ip netns exec "$1" sysctl -qw net.ipv4.tcp_congestion_control=cubic 2>/dev/null
}

# new_host N: one more host; its namespace is $host.
new_host()
{
  host=$ns-$1
  hosts+=("$host")
  new_namespace "$host"
}

net_up()
{
  ((EUID == 0)) || skip "needs root"
  need ip nsenter
  PATH=$PATH:/usr/sbin:/sbin
  trap net_down EXIT
  trap 'exit 1' TERM INT HUP
  net_sweep
  work=$(mktemp -d /tmp/nsshim-"$test_name".XXXXXX)
  chmod 755 "$work"
  new_namespace $ns
  # Also without a TAP, so that a server may bind to it first.
  ip -n $ns addr add 10.77.0.1/32 dev lo
  [[ -z $ipv6 ]] || ip -n $ns addr add fd00:77::1/128 dev lo
  if [[ ${NSSHIM_SIDE-} == veth || ${1-} == both ]]; then
    new_namespace $ns_plain
    ip -n $ns link add veth0 type veth peer name veth1 netns $ns_plain
    ip -n $ns addr add 10.78.0.1/24 dev veth0
    ip -n $ns link set veth0 up
    ip -n $ns_plain addr add 10.78.0.2/24 dev veth1
    ip -n $ns_plain link set veth1 up
    ip -n $ns_plain route add default via 10.78.0.1
    [[ -z $ipv6 ]] || veth_ipv6
  fi
  if [[ ${NSSHIM_SIDE-} == veth ]]; then
    use_veth
  else
    use_tap
  fi
}

with_ipv6()
{
  ipv6=yes
  [[ -e /proc/sys/net/ipv6 ]] || skip "this kernel has no IPv6"
}

# Both ends are known: nothing needs to be probed for duplicates.
veth_ipv6()
{
  ip -n $ns addr add fd00:78::1/64 dev veth0 nodad
  ip -n $ns_plain addr add fd00:78::2/64 dev veth1 nodad
  ip -n $ns_plain route add default via fd00:78::1
}

use_tap()
{
  side=tap OURS=10.77.0.2 KERNEL=10.77.0.1
  OURS6=fd00:77::2 KERNEL6=fd00:77::1
}

use_veth()
{
  side=veth OURS=10.78.0.2 KERNEL=10.78.0.1
  OURS6=fd00:78::2 KERNEL6=fd00:78::1
}

# --- running ---------------------------------------------------------------------

# The words before a command of ours, in the array `prefix`.
ours_prefix()
{
  if [[ $side == veth ]]; then
    prefix=(ip netns exec $ns_plain)
    return
  fi
  local addr=(--addr "$OURS/24${ipv6:+,$OURS6/64}")
  # Each --addr adds to the one before: a test's own takes the place of ours.
  [[ " ${ours_options[*]} " != *" --addr "* ]] || addr=()
  prefix=("$top/run-with-stack.sh" --netns $ns --tap tap0 "${addr[@]}"
    --gateway "$KERNEL${ipv6:+,$KERNEL6}" "${ours_options[@]}" --)
}

ours()
{
  local prefix
  ours_prefix
  timeout --foreground -k 5 "$limit" "${prefix[@]}" "$@"
}

kernel()
{
  timeout --foreground -k 5 "$limit" ip netns exec $ns "$@"
}

# start ours|kernel CMD...: in the background, output to $work/<n>.log; $pid.
start()
{
  local prefix=(ip netns exec $ns)
  [[ $1 != ours ]] || ours_prefix
  shift
  log=$work/${#started[@]}.log
  timeout --foreground -k 5 "$limit" "${prefix[@]}" "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  started+=("$pid")
}

# TERM, and waits for the end (start has set it a limit).
stop()
{
  kill "$1" 2>/dev/null
  wait "$1" 2>/dev/null
}

# at_once FUNCTION...: all of them at the same time, each in a shell of its own.
at_once()
{
  local one all=() bad=0
  for one in "$@"; do
    (
      trap - EXIT
      "$one"
    ) &
    all+=($!)
  done
  for one in "${all[@]}"; do
    wait "$one" || bad=1
  done
  ((bad == 0)) || fail "see above"
}

# Until CMD succeeds: half a minute, which only a machine with much else to do
# ever needs.
eventually()
{
  within 30 "$@"
}

# For what itself takes up to half a minute.
eventually_long()
{
  within 60 "$@"
}

# within SECONDS CMD...
within()
{
  local until=$((SECONDS + $1))
  shift
  while ! "$@" >/dev/null 2>&1; do
    ((SECONDS < until)) || fail "did not happen in time: $*"
    sleep 0.1
  done
}

# prints PATTERN CMD...: does a line of it match? Not by a pipe: who writes on when
# grep has seen enough dies of SIGPIPE, and counts as failed.
prints()
{
  local all pattern=$1
  shift
  all=$("$@" 2>/dev/null)
  grep -qE -- "$pattern" <<<"$all"
}

# A listener of the kernel's end is seen without connecting to it.
kernel_listens()
{
  eventually sh -c "ip netns exec $ns ss -Hltn sport = :$1 | grep -q ."
}

# One of ours has to be asked; servers that serve once must not be.
ours_answers()
{
  eventually kernel timeout 2 bash -c "exec 3<>/dev/tcp/$OURS/$1"
}

# --- data --------------------------------------------------------------------------

# make_file NAME MIB: bytes that do not repeat and do not compress.
make_file()
{
  openssl enc -aes-128-ctr -nosalt -pass "pass:$1" -pbkdf2 -in /dev/zero \
    2>/dev/null | head -c $(($2 * 1048576)) >"$work/$1"
}

same()
{
  cmp -- "$1" "$2" || fail "${3:-content} differs: $1 $2"
}

make_certificate()
{
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout "$work/key.pem" -out "$work/cert.pem" -days 2 -subj /CN=stack.test \
    -addext "subjectAltName=DNS:stack.test,DNS:peer.test,IP:10.77.0.1,IP:10.77.0.2,IP:10.78.0.1,IP:10.78.0.2" \
    >/dev/null 2>&1 || fail "cannot make a certificate"
}
