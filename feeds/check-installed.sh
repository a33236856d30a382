#!/bin/sh
# Runs in a fresh Debian with the package installed, in network and process namespaces of its own, and says what holds.
set -eu

ok() { echo "  ok  $*"; }
die() {
  echo "fail  $*" >&2
  exit 1
}
gone() {
  for path in "$@"; do
    for found in $path; do [ ! -e "$found" ] || die "$found was left behind"; done
  done
}

ip link set lo up
[ -L /etc/systemd/system/multi-user.target.wants/sidegate.service ] || die 'the service is not enabled'
ok 'the service is enabled'

# A setting of the operator's, and an identity, to see what becomes of them.
echo '{ "core": { "logLevel": "warn" } }' >/etc/sidegate/config.json
install -d -m 700 /var/lib/sidegate
echo kept >/var/lib/sidegate/marker

sidegate daemon &
daemon=$!
left=100
until sidegate status >/dev/null 2>&1 || [ "$left" = 0 ]; do
  left=$((left - 1))
  sleep 0.1
done
sidegate status --json | grep -q '"state"' || die 'the agent does not answer'
[ "$(stat -c %a /run/sidegate/sidegate.sock)" = 600 ] || die 'others may open the socket'
node=/usr/lib/sidegate-runtime/bin/node
[ -x "$node" ] || node=/usr/bin/node
ok "the agent of the package runs and answers: $(sidegate version), Node $("$node" --version)"
kill "$daemon"
wait "$daemon" || true

DEBIAN_FRONTEND=noninteractive apt-get install -y -q --reinstall sidegate >/dev/null 2>&1 || die 'apt cannot install it again'
grep -q '"warn"' /etc/sidegate/config.json || die 'installing again lost the configuration'
grep -q kept /var/lib/sidegate/marker || die 'installing again lost the state'
ok 'configuration and state survive installing again'

if command -v sidegate-broker >/dev/null; then
  sidegate-broker --version >/dev/null || die 'the broker does not run'
  account='--account-name Acme --label acme --name Tess --email tess@acme.example --password-stdin'
  install -d -o sidegate-broker -g sidegate-broker -m 700 /var/lib/sidegate-broker
  echo 'a long password' | su -s /bin/sh sidegate-broker -c "sidegate-broker init $account" >/dev/null || die 'the broker cannot make an account'
  ok 'the broker of the package runs and makes an account'
  dpkg -P sidegate-broker >/dev/null
  gone /etc/sidegate-broker /var/lib/sidegate-broker /usr/lib/sidegate-broker /usr/bin/sidegate-broker
  getent passwd sidegate-broker >/dev/null && die 'the user of the broker was left behind'
  ok 'the broker purged: nothing is left'
fi

dpkg -r sidegate >/dev/null
[ -f /etc/sidegate/config.json ] && [ -f /var/lib/sidegate/marker ] || die 'removing is not purging'
gone /usr/lib/sidegate /usr/bin/sidegate /run/sidegate
ip link show sg0 >/dev/null 2>&1 && die 'the interface was left behind'
[ -z "$(nft list tables)" ] || die 'a table was left behind'
ok 'removed: configuration and state are kept, the rest is gone'

dpkg -P sidegate >/dev/null
gone /etc/sidegate /var/lib/sidegate /run/sidegate '/etc/systemd/system/*/sidegate*' '/etc/systemd/system/sidegate*' \
  '/var/lib/systemd/deb-systemd-helper-*/*sidegate*' '/var/lib/dpkg/info/sidegate.*' '/usr/share/doc/sidegate'
ok 'purged: nothing is left'
