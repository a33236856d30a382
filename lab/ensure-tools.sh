#!/bin/sh
# Installs the Debian packages that a target needs and this machine lacks, or says in one line why it cannot.
# Usage: ensure-tools.sh node | bindings | lab | docker | bench | postgres | packages | vm
# Services that come with a package are neither started nor left enabled: the lab starts its own, in its own namespaces.
set -eu

die() {
  echo "sidegate: $*" >&2
  exit 1
}

# command:package, for each set
NODE_TOOLS="node:nodejs npm:npm"
PACKAGES_TOOLS="debootstrap:debootstrap gpgv:gpgv dpkg-deb:dpkg systemd-analyze:systemd"
# What we are measured beside; no test needs it.
BENCH_TOOLS="nebula:nebula nebula-cert:nebula edge:n2n supernode:n2n turnserver:coturn taskset:util-linux"
VM_TOOLS="debootstrap:debootstrap qemu-system-x86_64:qemu-system-x86 mke2fs:e2fsprogs"
POSTGRES_TOOLS="pg_ctlcluster:postgresql setpriv:util-linux"
LAB_TOOLS="ip:iproute2 nft:nftables wg:wireguard-tools wireguard-go:wireguard-go arp-scan:arp-scan
  conntrack:conntrack avahi-daemon:avahi-daemon dnsmasq:dnsmasq-base iperf3:iperf3 chromium:chromium
  ping:iputils-ping nsenter:util-linux nmap:nmap fping:fping openssl:openssl tcpdump:tcpdump dropbear:dropbear-bin
  miniupnpd:miniupnpd-nftables ssh-keyscan:openssh-client curl:curl socat:socat ps:procps
  iptables:iptables ufw:ufw firewalld:firewalld dbus-daemon:dbus-daemon busybox:busybox faketime:faketime systemd-analyze:systemd"
# Unpacked and not installed: the one package would take over this machine's /etc/resolv.conf, the other its firewall.
# What ends in a question mark is its own package in some releases only.
SYSTEMD="systemd-resolved libsystemd-shared"
DOCKER="docker.io docker-cli? containerd runc libdevmapper1.02.1 libseccomp2"

[ "$(uname -s)" = Linux ] || die "this needs Linux, for its network namespaces; this machine runs $(uname -s). A virtual machine with Debian will do."
if [ "${1:-}" = bindings ]; then
  # npm leaves out optional packages that are too new for the Node it runs on, such as Debian 12's; the project's own
  # Node has just been installed, and fetches them.
  case "$(node --version)" in v1[0-9].*)
    exec node_modules/.bin/node "$(readlink -f "$(command -v npm)")" install --no-save --no-audit --no-fund --loglevel=error
    ;;
  esac
  exit 0
fi
case "${1:-}" in
  node) tools=$NODE_TOOLS ;;
  postgres) tools=$POSTGRES_TOOLS ;;
  bench) tools=$BENCH_TOOLS ;;
  packages) tools=$PACKAGES_TOOLS ;;
  vm) tools=$VM_TOOLS ;;
  docker) tools= ;;
  lab)
    tools=$LAB_TOOLS
    [ "$(id -u)" = 0 ] || die "this needs root, to make network namespaces: try again with sudo."
    ;;
  *) die "usage: ensure-tools.sh node|bindings|lab|docker|bench|postgres|packages|vm" ;;
esac

# unpack NAME PACKAGE...: best effort; the one test that wants these is skipped, and says so, where they are missing.
unpack() {
  into=${0%/*}/../dist/tools/$1
  shift
  if [ -e "$into" ] || ! command -v dpkg-deb >/dev/null 2>&1; then return 0; fi
  echo "Unpacking: $*"
  debs=$(mktemp -d)
  if fetch "$@" || { apt-get update -q >/dev/null 2>&1 && fetch "$@"; }; then
    mkdir -p "$into.new"
    for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$into.new"; done
    mv "$into.new" "$into"
  else
    echo "sidegate: apt-get could not download: $*" >&2
  fi
  rm -rf "$debs"
}
fetch() {
  for package; do
    (cd "$debs" && apt-get download -q "${package%\?}") >/dev/null 2>&1 || [ "$package" != "${package%\?}" ] || return 1
  done
}
case "$1" in
  lab) unpack systemd $SYSTEMD ;;
  docker) unpack docker $DOCKER ;;
esac

missing=
for pair in $tools; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
[ -n "$missing" ] || exit 0
missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')

command -v apt-get >/dev/null 2>&1 || die "these tools are missing, and apt-get is not here to install them: $missing"
[ "$(id -u)" = 0 ] || die "these packages are missing: ${missing}(install them, or try again with sudo)"

echo "Installing: $missing"
policy=/usr/sbin/policy-rc.d
made_policy=
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  made_policy=yes
fi
trap '[ -z "$made_policy" ] || rm -f "$policy"' EXIT INT TERM
log=$(mktemp)
install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >"$log" 2>&1; }
install || { apt-get update -q >>"$log" 2>&1 && install; } || {
  tail -n 5 "$log" >&2
  die "apt-get could not install: $missing(whole log: $log)"
}
rm -f "$log"
# A package that was just installed brings its service; on a machine run by systemd it must not start at the next boot either.
if [ -d /run/systemd/system ]; then
  case " $missing " in *" avahi-daemon "*) systemctl disable -q avahi-daemon.service avahi-daemon.socket 2>/dev/null || true ;; esac
  case " $missing " in *" miniupnpd-nftables "*) systemctl disable -q miniupnpd.service 2>/dev/null || true ;; esac
  case " $missing " in *" firewalld "*) systemctl disable -q firewalld.service 2>/dev/null || true ;; esac
  case " $missing " in *" ufw "*) systemctl disable -q ufw.service 2>/dev/null || true ;; esac
  case " $missing " in *" nebula "*) systemctl disable -q nebula.service 2>/dev/null || true ;; esac
  case " $missing " in *" n2n "*) systemctl disable -q n2n.service 2>/dev/null || true ;; esac
  case " $missing " in *" coturn "*) systemctl disable -q coturn.service 2>/dev/null || true ;; esac
  case " $missing " in *" postgresql "*) systemctl disable -q postgresql.service 2>/dev/null || true ;; esac
fi
