#!/bin/sh
# Runs a command beside a throw-away PostgreSQL that listens on 127.0.0.1 only, and takes it away again.
# The command finds its URL in SIDEGATE_TEST_PG. Usage: with-postgres.sh COMMAND [ARGUMENT ...]
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
[ -n "$bin" ] || {
  echo "sidegate: PostgreSQL is not here: apt-get install postgresql" >&2
  exit 1
}
directory=$(mktemp -d)
chown postgres "$directory"
as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
stop() {
  as_postgres "$bin/pg_ctl" -D "$directory/data" -m immediate -s stop 2>/dev/null || true
  rm -rf "$directory"
}
trap stop EXIT INT TERM
port=$((20000 + $$ % 20000))
as_postgres "$bin/initdb" -D "$directory/data" -A trust -U sidegate --no-sync >/dev/null
as_postgres "$bin/pg_ctl" -D "$directory/data" -l "$directory/log" -s -w start \
  -o "-c listen_addresses=127.0.0.1 -p $port -k $directory -c fsync=off"
SIDEGATE_TEST_PG="postgres://sidegate@127.0.0.1:$port/postgres" "$@"
