/** What `--help` prints. */
import { DEFAULTS } from '@sidegate/protocol';

export const HELP = `sidegate-broker: accounts, node registry, beacon and relay of a Sidegate network

Usage
  sidegate-broker serve [settings]
      Serves until SIGTERM. While there is no account it prints a set-up code for the portal.
  sidegate-broker init --account-name TEXT --label LABEL --email ADDRESS --name TEXT
                       [--password-stdin] [--preset service|mesh] [--prefix4 CIDR] [settings]
      Creates an account and its owner. Asks for the password, or reads one line of standard input.
  sidegate-broker key create [--role edge|client|relay] [--reusable] [--tag TAG]... [--label TEXT]
                       [--lifetime-sec N] [--user EMAIL] [--json] [settings]
      Creates an enrolment key, on behalf of the account's owner or of --user. Works beside a running broker.
  sidegate-broker profile create --user EMAIL --name LABEL (--public-key KEY | --generate) [--password-stdin]
                       [--public-url URL]
      Lets a device of the user's with the stock WireGuard app in, over the portal of the running broker at --public-url,
      and prints its profile: with a placeholder for the private key, or with a new one that was made here. Asks for the
      user's password, or reads one line of standard input.
  sidegate-broker relay list --user EMAIL [--password-stdin] [--json] [--public-url URL]
  sidegate-broker relay approve NODE --user EMAIL [--password-stdin] [--json] [--public-url URL]
  sidegate-broker relay revoke NODE --user EMAIL [--password-stdin] [--json] [--public-url URL]
      Shows which machines of the account offer to relay for it (\`sidegate relay on\`), lets one do so, with the key
      that it offers now, or no longer. Over the portal of the running broker at --public-url, in the name of an
      administrator; asks for the password, or reads one line of standard input.
  sidegate-broker relay usage [--json] [settings]
      Shows what each account relayed this month (UTC), as far as it is written, and who is near the end of its quota.
      Written every five minutes.
  sidegate-broker relay quota ACCOUNT [--size SIZE|none|default] [--json] [settings]
      Shows or sets what the account with this label may relay in a month instead of --relay-quota. A running broker
      takes note within five minutes.
  sidegate-broker --help | --version

Settings, for all commands
  --config FILE          JSON file with any of the settings below, in camelCase (SIDEGATE_BROKER_CONFIG)
  --data DIR             directory of database and keys                 [./sidegate-broker-data]
  --database URL         postgres://... instead of the SQLite file in DIR
  --http ADDR:PORT       where HTTP listens                             [127.0.0.1:${DEFAULTS.brokerHttpPort}]
  --udp ADDR:PORT[+[ADDR6]:PORT],...   where the beacons listen, each on IPv4, IPv6 or both; two beacons on two
                         IPv4 addresses tell kinds of NAT apart        [0.0.0.0:${DEFAULTS.brokerUdpPort}+[::]:${DEFAULTS.brokerUdpPort}]
  --public-udp HOST:PORT[+HOST:PORT],...   where nodes reach the beacons, one for each of --udp; a name stands for
                         its addresses of both families
  --public-url URL       where browsers and agents reach the broker
  --base-domain NAME     nodes are NODE.LABEL.NAME                      [${DEFAULTS.baseDomain}]
  --edge-url TEMPLATE    address of an edge's web UI, with {fqdn}, {name} or {address}   [http://{fqdn}/]
  --dns-upstream WHERE   who answers stock WireGuard apps for names outside of their account: addresses, none, or
                         system for this machine's own resolvers        [system]
  --portal-dir DIR       the built portal
  --check-in-sec N       how often nodes check in                       [${DEFAULTS.checkInSec}]
  --relay-quota SIZE     what each account may relay in a month (UTC), such as 500M, 50G or 2T; direct paths do not
                         count                                          [none]
  --tls-cert FILE --tls-key FILE   serve HTTPS; without them put a proxy in front
  --trust-proxy          believe X-Forwarded-For and X-Forwarded-Proto
  --log-level LEVEL      debug, info, warn or error                     [info]

Every setting can be given as an environment variable: --public-url is SIDEGATE_BROKER_PUBLIC_URL.
The command line wins over the environment, the environment over the file.

Exit codes: 0 done, 1 it did not work, 2 wrong usage.
`;
