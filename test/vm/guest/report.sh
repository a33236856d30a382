# Sourced. What the guest says to the machine outside, a line each: `ok`, `fail`, `measured`, `now`, `end`.

say() { echo "$*" >/dev/ttyS1; }

# check WHAT COMMAND...: the command succeeds.
check() {
  what=$1
  shift
  if "$@" >/run/check.log 2>&1; then
    failed=
    say "ok $what"
  else
    failed=yes
    say "fail $what: $(tail -n 3 /run/check.log | tr '\n' ' ')"
  fi
}

# eventually SECONDS COMMAND...: the command succeeds within so many seconds.
eventually() {
  until=$(($(date +%s) + $1))
  shift
  until "$@"; do
    [ "$(date +%s)" -lt "$until" ] || return 1
    sleep 0.5
  done
}

# api FOLDER PATH: asks an agent as the command line does, without starting a Node.js, which takes long in an emulator.
api() { curl -sf --max-time 60 --unix-socket "$1/sidegate.sock" "http://agent/api/$2"; }

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# must WHAT COMMAND...: as `check`; without it, what follows says nothing.
must() {
  check "$@"
  [ -z "$failed" ] || {
    say end
    exit 1
  }
}

# timed WHAT COMMAND...: as `must`, and says how long it took.
timed() {
  began=$(now_ms)
  must "$@"
  say "measured $1: $(($(now_ms) - began)) ms"
}

absent() { ! "$@"; }
