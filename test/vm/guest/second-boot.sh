#!/bin/sh
# After the power cut: everything that was there is there; a full disk hurts nothing; removing the packages leaves nothing.
. /root/vm/report.sh
. /root/vm/world.sh

laptop() { SIDEGATE_RUN_DIR=/run/laptop in_ns laptop sidegate "$@"; }
as_laptop() { systemd-run -q --wait --pipe -p NetworkNamespacePath=/run/netns/laptop -p BindPaths=/srv/laptop/etc:/etc "$@"; }
sees_camera() { as_laptop curl -sf --max-time 10 http://alder.acme.sidegate.internal:8080/ | grep -q 'front door'; }
same_identity() { [ -s /root/identity ] && wg show sg0 public-key | cmp - /root/identity; }
is_up() { api /run/sidegate status | jq -e '.state == "up"'; }
has_forward() { api /run/sidegate forwards | jq -e --arg label "$1" 'any(.label == $label)'; }
confirmed_forwards() {
  n=0
  while [ "$n" -lt "$WROTE" ]; do
    n=$((n + 1))
    has_forward "cut-$n" || { echo "cut-$n is gone"; return 1; }
  done
}

fill_disk() { dd if=/dev/zero of=/filler bs=1M 2>/dev/null; dd if=/dev/zero of=/filler2 bs=512 2>/dev/null; [ "$(df --output=avail / | tail -n 1)" -lt 64 ]; }
refuses_to_write() { ! sidegate forward add 192.168.1.64:80 --port 9900 --label full >/run/full.log 2>&1 && cat /run/full.log; }
install_again() { DEBIAN_FRONTEND=noninteractive apt-get install -y -q --reinstall /srv/packages/*.deb; }
purge_all() { DEBIAN_FRONTEND=noninteractive apt-get purge -y -q sidegate sidegate-broker sidegate-runtime; }
nothing_left() {
  ip link show sg0 2>/dev/null && return 1
  nft list tables | grep sidegate && return 1
  getent passwd sidegate-broker && return 1
  for path in /etc/sidegate /etc/sidegate-broker /var/lib/sidegate /var/lib/sidegate-broker /run/sidegate \
    /usr/lib/sidegate /usr/lib/sidegate-broker /usr/lib/sidegate-runtime /usr/bin/sidegate /usr/bin/sidegate-broker; do
    [ ! -e "$path" ] || { echo "$path was left behind"; return 1; }
  done
  ! grep -q sidegate /etc/hosts
}

WROTE=$(sed -n 's/.*sidegate.wrote=\([0-9]*\).*/\1/p' /proc/cmdline)
say "ok booted again after the power cut, $WROTE writes were confirmed"
make_world
systemctl restart sidegate-broker
must 'the agent is ready' eventually 300 api /run/sidegate forwards
check 'the edge is who it was' same_identity
check 'the publication from before is there' has_forward kept
check "all $WROTE confirmed publications are there" confirmed_forwards
timed 'the edge is up again by itself' eventually 120 is_up
systemctl start laptop
timed 'the laptop opens the camera by name' eventually 120 sees_camera

check 'the disk is full' fill_disk
check 'a change is refused with a reason' refuses_to_write
check 'the tunnel works on' sees_camera
check 'installing is refused' absent install_again
rm -f /filler /filler2
systemctl restart sidegate
check 'with space the agent is who it was' eventually 120 same_identity
check 'nothing of the refused change is there' absent has_forward full
check 'installing works again' install_again
check 'the edge is up' eventually 120 is_up

systemctl stop laptop
check 'purging' purge_all
check 'nothing is left behind' nothing_left
say end
