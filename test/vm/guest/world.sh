# Sourced. The internet of the guest: a broker, two homes with the same numbers, a camera. The machine itself is the edge.
#
#      broker 198.51.100.10, .11 ---- internet ---- router-b 198.51.100.2 -- laptop 192.168.1.3
#                                        |
#                              router-a 198.51.100.1 -- this machine 192.168.1.2
#                                              |______ camera 192.168.1.64

in_ns() {
  where=$1
  shift
  ip netns exec "$where" "$@"
}

# wire NAMESPACE INTERFACE HUB PORT: a cable from a machine to the bridge `hub` of another namespace.
wire() {
  ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
  in_ns "$3" ip link set "$4" master hub up
  in_ns "$1" ip link set "$2" up
}

# router NAME WAN: a home router. Plain masquerade is a port-restricted cone; the WAN admits only what was asked for.
router() {
  ip netns add "$1"
  in_ns "$1" sysctl -qw net.ipv4.ip_forward=1
  in_ns "$1" ip link set lo up
  in_ns "$1" ip link add hub type bridge
  in_ns "$1" ip addr add 192.168.1.1/24 dev hub
  in_ns "$1" ip link set hub up
  wire "$1" wan internet "to-$1"
  in_ns "$1" ip addr add "$2/24" dev wan
  in_ns "$1" nft -f - <<NFT
table inet router {
  chain input { type filter hook input priority 0; policy accept
    iifname "wan" ct state established,related accept
    iifname "wan" drop
  }
  chain forward { type filter hook forward priority 0; policy accept
    iifname "wan" ct state established,related accept
    iifname "wan" drop
  }
  chain nat { type nat hook postrouting priority 100
    oifname "wan" masquerade
  }
}
NFT
}

# lan_machine NAME ROUTER ADDRESS: a machine in a home.
lan_machine() {
  ip netns add "$1"
  in_ns "$1" ip link set lo up
  wire "$1" eth0 "$2" "$1"
  in_ns "$1" ip addr add "$3/24" dev eth0
  in_ns "$1" ip route add default via 192.168.1.1
}

make_world() {
  ip netns add internet
  in_ns internet ip link add hub type bridge
  in_ns internet ip link set hub up
  router router-a 198.51.100.1
  router router-b 198.51.100.2
  ip netns add broker
  in_ns broker ip link set lo up
  wire broker eth0 internet broker
  in_ns broker ip addr add 198.51.100.10/24 dev eth0
  in_ns broker ip addr add 198.51.100.11/24 dev eth0
  lan_machine laptop router-b 192.168.1.3
  lan_machine camera router-a 192.168.1.64
  ip link add lan0 type veth peer name edge netns router-a
  in_ns router-a ip link set edge master hub up
  ip addr add 192.168.1.2/24 dev lan0
  ip link set lan0 up
  ip route add default via 192.168.1.1
  systemctl start camera.service
}
