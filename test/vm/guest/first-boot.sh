#!/bin/sh
# The first boot: apt installs the packages under a running systemd, then the main job, then writing until the power goes.
. /root/vm/report.sh
. /root/vm/world.sh

laptop() { SIDEGATE_RUN_DIR=/run/laptop in_ns laptop sidegate "$@"; }
# as_laptop COMMAND...: on the laptop's network, with its names.
as_laptop() { systemd-run -q --wait --pipe -p NetworkNamespacePath=/run/netns/laptop -p BindPaths=/srv/laptop/etc:/etc "$@"; }

install_packages() { DEBIAN_FRONTEND=noninteractive apt-get install -y -q /srv/packages/*.deb; }
is_kernel_wireguard() { ip -d link show sg0 | grep -qw wireguard && ! ls /var/run/wireguard/*.sock 2>/dev/null; }
# Overall exposure of a unit, in tenths, is at most 3.0.
is_tight() { [ "$(systemd-analyze security --no-pager "$1" | sed -n 's/.*: \([0-9]*\)\.\([0-9]\).*/\1\2/p' | tail -n 1)" -le 30 ]; }
nothing_failed() { [ -z "$(systemctl --failed --no-legend)" ] || { systemctl --failed --no-legend; return 1; }; }

start_broker() {
  mkdir -p /etc/systemd/system/sidegate-broker.service.d
  printf '[Service]\nNetworkNamespacePath=/run/netns/broker\n' >/etc/systemd/system/sidegate-broker.service.d/place.conf
  cat >/etc/sidegate-broker/config.json <<JSON
{
  "data": "/var/lib/sidegate-broker",
  "http": "198.51.100.10:80",
  "udp": "198.51.100.10:7382,198.51.100.11:7382",
  "publicUdp": "198.51.100.10:7382,198.51.100.11:7382",
  "publicUrl": "http://198.51.100.10"
}
JSON
  systemctl daemon-reload
  systemctl stop sidegate-broker
  echo 'a long password' | setpriv --reuid sidegate-broker --regid sidegate-broker --clear-groups sidegate-broker init \
    --account-name Acme --label acme --preset mesh --name Tess --email tess@acme.example --password-stdin &&
    systemctl restart sidegate-broker && eventually 60 in_ns broker curl -sf -o /dev/null http://198.51.100.10/v1/broker
}
make_key() {
  setpriv --reuid sidegate-broker --regid sidegate-broker --clear-groups \
    sidegate-broker key create --role "$1" --json | jq -r .secret
}
join_edge() {
  make_key edge >/root/edge.key
  sidegate up --broker http://198.51.100.10 --key-file /root/edge.key --name alder --role edge --wait
}
join_laptop() {
  mkdir -p /srv/laptop && cp -a /etc /srv/laptop/etc
  make_key client >/root/laptop.key
  systemctl start laptop && laptop up --broker http://198.51.100.10 --key-file /root/laptop.key --name laptop --role client --wait
}
is_direct() { api /run/laptop peers | jq -e 'any(.path == "direct")'; }
has_found_camera() { api /run/sidegate hosts | grep -qw 192.168.1.64; }
sees_camera() { as_laptop curl -sf --max-time 10 http://alder.acme.sidegate.internal:8080/ | grep -q 'front door'; }
survives_kill() {
  # By count, so that it waits for the last replies: in an emulator they may take seconds.
  in_ns laptop ping -n -q -i 0.2 -c 200 -W 10 "$edge" >/run/ping.log &
  ping=$!
  sleep 2
  kill -9 "$(systemctl show -P MainPID sidegate)"
  wait "$ping"
  grep -q ' 0% packet loss' /run/ping.log || { cat /run/ping.log; return 1; }
  eventually 120 api /run/sidegate status >/dev/null
}

say "ok booted Linux $(uname -r) with $(systemctl --version | head -n 1)"
timed 'apt installs the packages under systemd' install_packages
must 'the agent is ready' eventually 120 api /run/sidegate status
make_world
timed 'the broker of the package makes an account and serves' start_broker
timed 'the edge joins, from enrolment key to mesh address' join_edge
check 'the data plane is kernel WireGuard' is_kernel_wireguard
timed 'the laptop joins' join_laptop
edge=$(ip -4 -o addr show dev sg0 | sed -n 's#.*inet \([0-9.]*\)/.*#\1#p')
timed 'the laptop reaches the edge' in_ns laptop ping -n -q -c 1 -W 5 "$edge"
timed 'the path becomes direct through both NATs' eventually 120 is_direct
timed 'a scan of the LAN' sidegate scan
check 'the scan found the camera' has_found_camera
check 'the camera is published' sidegate forward add 192.168.1.64:80 --port 8080 --label kept
timed 'the laptop opens the camera by name' sees_camera
check 'a killed agent costs no packet and comes back' survives_kill
check 'the camera is still there' sees_camera
check 'the agent’s sandbox is tight' is_tight sidegate.service
check 'the broker’s sandbox is tight' is_tight sidegate-broker.service
check 'no unit failed' nothing_failed

wg show sg0 public-key >/root/identity
sync
say 'now writing'
n=0
while :; do
  n=$((n + 1))
  sidegate forward add 192.168.1.64:80 --port $((9000 + n)) --label "cut-$n" >/dev/null 2>&1
  say "wrote $n"
done
