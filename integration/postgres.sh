#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# postgres.sh - a database server, one process for each connection
#
#   postgres, psql + stack 10.77.0.2 ==tap0== 10.77.0.1 psql, pgbench, postgres
#
# What this script is for
#   The server starts as another user than the stack was made by, forks for
#   each client, and is the one half; psql on our stack is the other. A table
#   is copied in and out and compared byte for byte.

. "$(dirname "$0")/net.sh"
bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1)
PATH=$PATH:$bin
need initdb postgres psql pgbench setpriv
id postgres >/dev/null 2>&1 || skip "no user postgres"
net_up
user=(setpriv --reuid=postgres --regid=postgres --clear-groups)
export PGUSER=postgres PGDATABASE=postgres PGCONNECT_TIMEOUT=20 TZ=UTC
clients=8 seconds=2
[[ -z $full ]] || clients=20 seconds=20
data=$work/data
mkdir "$data"
chown postgres "$data"

# Where the locale of this machine is unknown to the server, C is not.
"${user[@]}" env -i PATH="$PATH" LC_ALL=C "$bin/initdb" -D "$data" -A trust -N \
  -E UTF8 >"$work/initdb.log" 2>&1 || fail "initdb"
cat >>"$data/postgresql.conf" <<EOF
listen_addresses = '*'
unix_socket_directories = ''
fsync = off
max_connections = 50
shared_buffers = 32MB
EOF
echo "host all all 0.0.0.0/0 trust" >>"$data/pg_hba.conf"
seq 1 100000 | awk '{ printf "%d\trow %d of the table\n", $1, $1 * 7919 % 100003 }' \
  >"$work/rows"

# server SIDE ADDRESS CLIENT_SIDE: starts it, waits for it.
server()
{
  start "$1" "${user[@]}" "$bin/postgres" -D "$data"
  server=$pid
  eventually "$3" pg_isready -q -h "$2"
}

# Every row there and back, by the client of SIDE.
copy_rows()
{
  local psql=("$1" psql -q -X -v ON_ERROR_STOP=1 -h "$2")
  "${psql[@]}" -c 'drop table if exists t; create table t (n int, s text)' \
    2>/dev/null || fail "psql: create table"
  "${psql[@]}" -c 'copy t from stdin' <"$work/rows" || fail "psql: copy in"
  "${psql[@]}" -c 'copy (select * from t order by n) to stdout' >"$work/got" ||
    fail "psql: copy out"
  same "$work/rows" "$work/got" "the table"
  [[ $("${psql[@]}" -At -c 'select count(*), sum(n) from t') == "100000|5000050000" ]] ||
    fail "psql: select"
}

server ours $OURS kernel
copy_rows kernel $OURS
proved "the server: 100,000 rows in and out"

kernel pgbench -h $OURS -i -q -s 1 >"$work/init.log" 2>&1 || fail "pgbench -i"
kernel pgbench -h $OURS -c $clients -j 2 -T $seconds >"$work/bench.log" 2>&1 ||
  fail "pgbench"
grep -q 'number of failed transactions: 0' "$work/bench.log" || fail "transactions failed"
# What was written is what was promised.
[[ $(kernel psql -h $OURS -At -c 'select (select sum(abalance) from pgbench_accounts) =
  (select coalesce(sum(delta), 0) from pgbench_history)') == t ]] || fail "the balances"
proved "the server: pgbench with $clients clients, no failure, the balances are right"
kernel pgbench -h $OURS -C -c 4 -t 10 >"$work/bench.log" 2>&1 || fail "pgbench -C"
grep -q 'number of failed transactions: 0' "$work/bench.log" || fail "transactions failed"
proved "the server: pgbench with a connection for each transaction"

# A backend that is killed takes the others down and the server starts again.
pid=$(kernel psql -h $OURS -At -c 'select pid from pg_stat_activity where
  backend_type = $$checkpointer$$')
kill -9 "$pid"
has_come_back()
{
  [[ $(kernel psql -h $OURS -At -c 'select count(*) from t') == 100000 ]]
}
eventually has_come_back
proved "the server: comes back after the SIGKILL of one of its processes"
kill -INT "$server"
wait "$server"

server kernel 10.77.0.1 kernel
copy_rows ours $KERNEL
ours pgbench -h $KERNEL -c $clients -j 2 -T 2 >"$work/bench.log" 2>&1 || fail "pgbench"
grep -q 'number of failed transactions: 0' "$work/bench.log" || fail "transactions failed"
proved "psql and pgbench, the clients"
kill -INT "$server"
