# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
#
# servers.sh - the servers that several tests run, and the load on them
#
# What this script is for
#   Sourced after net.sh. `make_pages` and `get_page`: what all of them serve.
#   `nginx_conf` writes a configuration, `nginx_up` and `nginx_down` start and
#   end it; `load_begin` and `load_end` keep requests coming while something
#   happens to the server, and count those that failed. Families are waited for
#   by what can be seen of them: their processes, their TAP.

# Pages to serve, in $work/www: a small one, a large one, and 16 MiB.
make_pages()
{
  mkdir -p "$work/www"
  make_file www/file 16
  head -c 1024 "$work/www/file" >"$work/www/1k"
  head -c 300000 "$work/www/file" >"$work/www/300k"
}

# get_page NAME: one of them, over the TAP.
get_page()
{
  kernel curl -sS -f --max-time 20 -o "$work/got" "http://$OURS/$1" ||
    fail "curl $1"
  same "$work/www/$1" "$work/got"
}

# nginx_conf [DIRECTIVE...]: writes $work/nginx.conf. A directive is of the main
# block unless "events: ", "http: " or "server: " stands before it, and takes the
# place of our own of the same name.
nginx_conf()
{
  local -A block=([main]='' [events]='' [http]='' [server]='')
  local word name path
  for word in "$@"; do
    name=main
    if [[ $word =~ ^(events|http|server):\  ]]; then
      name=${BASH_REMATCH[1]} word=${word#*: }
    fi
    [[ $word == *'}' ]] || word+=';'
    block[$name]+=$word$'\n'
  done
  mkdir -p "$work/tmp"
  unless_given main "daemon off" "user root" "pid $work/nginx.pid" \
    "error_log $work/error.log notice"
  unless_given events "worker_connections 1024"
  unless_given http "access_log off" "sendfile on" "keepalive_requests 1000000"
  for path in client_body proxy fastcgi uwsgi scgi; do
    unless_given http "${path}_temp_path $work/tmp/$path"
  done
  unless_given server "listen 80" "root $work/www"
  printf '%sevents {\n%s}\nhttp {\n%sserver {\n%s}\n}\n' "${block[main]}" \
    "${block[events]}" "${block[http]}" "${block[server]}" >"$work/nginx.conf"
}

# For nginx_conf: into the block, unless there is one of the same name.
unless_given()
{
  local word to=$1
  shift
  for word in "$@"; do
    [[ $'\n'${block[$to]} == *$'\n'"${word%% *} "* ]] ||
      block[$to]+=$word$';\n'
  done
}

# nginx_up [VAR=VALUE...]: on our stack, answering at $nginx_port, with its pid
# file written. Its full path, which it executes again for an upgrade.
nginx_port=80
nginx_up()
{
  start ours env "$@" "$(command -v nginx)" -e "$work/error.log" \
    -c "$work/nginx.conf"
  ours_answers "$nginx_port"
  eventually test -s "$work/nginx.pid"
}

nginx_down()
{
  kill -QUIT "$(<"$work/nginx.pid")"
  eventually test ! -e "$work/nginx.pid"
  stack_ended
}

# Processes of the namespace in which `ours` runs.
ours_pids()
{
  if [[ $side == veth ]]; then
    ip netns pids $ns_plain
  else
    ip netns pids $ns
  fi
}

# The processes of a stack have ended when its TAP is gone (on the kernel: when
# nothing is left in the namespace).
is_ended()
{
  if [[ $side == veth ]]; then
    [[ -z $(ours_pids) ]]
  else
    ! ip -n $ns link show dev tap0 >/dev/null 2>&1
  fi
}

stack_ended()
{
  eventually is_ended
}

# children PIDFILE: the living children of the process it names.
children()
{
  pgrep -P "$(<"$1")"
}

# children_are COUNT PIDFILE
children_are()
{
  [[ $(children "$2" | wc -l) == "$1" ]]
}

# none_of PID...: all have ended.
none_of()
{
  local p
  for p in "$@"; do
    [[ ! -e /proc/$p ]] || return 1
  done
}

# --- load ------------------------------------------------------------------------

# load_begin URL FILE [OPTION...]: see load_peer.py; several may run.
loads=()
load_begin()
{
  start kernel "$top/integration/load_peer.py" "$@"
  loads+=("$pid=$log")
  eventually grep -q begun "$log"
}

# load_end WHAT: not one request may have failed. Leaves the counts in $loaded.
load_end()
{
  local one bad=
  loaded=
  for one in "${loads[@]}"; do
    kill -TERM "$(pgrep -P "${one%%=*}")" 2>/dev/null
    wait "${one%%=*}" || bad+=" $?"
    loaded+="${loaded:+; }$(sed -n 2p "${one#*=}")"
  done
  if [[ -n $bad ]]; then
    for one in "${loads[@]}"; do
      cat "${one#*=}" >&2
    done
    loads=()
    fail "requests failed: $1 (exit status$bad)"
  fi
  loads=()
}
