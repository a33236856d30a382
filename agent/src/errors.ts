/**
 * The agent's one error class over one table of codes. Codes are stable for ever: programs and tests match on them.
 * To add one, add a line to the group of its subsystem.
 */
import { defineErrors, type ErrorMeta } from '@sidegate/kit';

/** Why running another program did not work (`system/run.ts`). */
const COMMAND_ERRORS = {
  COMMAND_NOT_FOUND: {
    hint: 'Install the package that has this program; `sidegate doctor` names it.',
    retry: 'never',
    blame: 'system',
    status: 503,
  },
  COMMAND_FAILED: {
    hint: 'The details carry what the program said.',
    retry: 'backoff',
    blame: 'system',
    status: 502,
  },
  COMMAND_TIMED_OUT: {
    hint: 'The machine may be overloaded; try again.',
    retry: 'backoff',
    blame: 'system',
    status: 504,
  },
  COMMAND_OUTPUT_TOO_LARGE: {
    hint: 'The program said more than it ever should; look at it by hand.',
    retry: 'never',
    blame: 'system',
    status: 502,
  },
} as const satisfies Record<string, ErrorMeta>;

/** The machine and what we set up on it. */
const SYSTEM_ERRORS = {
  NFT_REJECTED: {
    hint: 'Nothing was changed; the details carry what nft said.',
    retry: 'backoff',
    blame: 'bug',
    status: 502,
  },
  TUNNEL_UNAVAILABLE: {
    hint: 'Install the wireguard kernel module or the wireguard-go package.',
    retry: 'backoff',
    blame: 'operator',
    status: 503,
  },
  TUNNEL_PORT_IN_USE: {
    hint: 'Another program has the UDP port; set another listen port in the mesh section.',
    retry: 'backoff',
    blame: 'operator',
    status: 409,
  },
  TUNNEL_NAME_TAKEN: {
    hint: 'An interface that is not ours has this name; set another one in the mesh section.',
    retry: 'never',
    blame: 'operator',
    status: 409,
  },
  SOCKET_IN_USE: {
    hint: 'Another program, or another agent, has this address.',
    retry: 'backoff',
    blame: 'operator',
    status: 409,
  },
  PASSWORD_UNSUITABLE: {
    hint: 'Choose a longer password.',
    retry: 'never',
    blame: 'remote',
    status: 400,
  },
  PLATFORM_UNSUPPORTED: {
    hint: 'The agent runs on Linux as root.',
    retry: 'never',
    blame: 'operator',
  },
  DAEMON_RUNNING: {
    hint: 'Stop the other agent first.',
    retry: 'never',
    blame: 'operator',
  },
} as const satisfies Record<string, ErrorMeta>;

/** The plugin host's own rules (`core/`). */
const CORE_ERRORS = {
  PLUGIN_API_MISMATCH: {
    hint: 'Use a plugin made for this agent.',
    retry: 'never',
    blame: 'operator',
  },
  PLUGIN_NAME_TAKEN: { hint: 'Remove one of the two plugins.', retry: 'never', blame: 'operator' },
  PLUGIN_NAME_UNKNOWN: {
    hint: 'Install the plugin that is named, or remove the one that needs it.',
    retry: 'never',
    blame: 'operator',
  },
  PLUGIN_ORDER_CYCLE: { hint: 'Remove one of the plugins named.', retry: 'never', blame: 'bug' },
  PLUGIN_INVALID: { hint: 'The module must export `plugin`.', retry: 'never', blame: 'operator' },
  PLUGIN_TIMED_OUT: {
    hint: 'The plugin did not come up in time and is tried again.',
    retry: 'backoff',
    blame: 'bug',
  },
  FACT_CLAIMED_TWICE: { hint: 'Remove one of the two plugins.', retry: 'never', blame: 'bug' },
  ROUTE_TAKEN: { hint: 'Remove one of the two plugins.', retry: 'never', blame: 'bug' },
  CONFIG_UNREADABLE: {
    hint: 'Correct the file; until then the defaults are in use.',
    retry: 'never',
    blame: 'operator',
  },
} as const satisfies Record<string, ErrorMeta>;

/** Who may use the web UI, and how they prove it (`plugins/web`). */
const WEB_ERRORS = {
  NOT_LOGGED_IN: { hint: 'Log in.', retry: 'never', blame: 'remote', status: 401 },
  LOGIN_WRONG: {
    hint: 'Check the password, or open this edge from the portal.',
    retry: 'never',
    blame: 'remote',
    status: 401,
  },
  LOGIN_THROTTLED: {
    hint: 'Wait, then try again; opening this edge from the portal works meanwhile.',
    retry: 'backoff',
    blame: 'remote',
    status: 429,
  },
  NO_PASSWORD_SET: {
    hint: 'Set one on the edge with `sidegate login set-password`, or open this edge from the portal.',
    retry: 'never',
    blame: 'operator',
    status: 403,
  },
  TICKET_INVALID: {
    hint: 'Open this edge from the portal again.',
    retry: 'never',
    blame: 'remote',
    status: 401,
  },
  TICKET_EXPIRED: {
    hint: 'Open this edge from the portal again; if that does not help, check the clock of the edge.',
    retry: 'never',
    blame: 'remote',
    status: 401,
  },
  TICKET_USED: {
    hint: 'A ticket opens one session. Open this edge from the portal again.',
    retry: 'never',
    blame: 'remote',
    status: 401,
  },
  ROLE_NOT_PERMITTED: {
    hint: 'Ask the owner of the account for the role of a technician.',
    retry: 'never',
    blame: 'remote',
    status: 403,
  },
  CSRF_REJECTED: { hint: 'Reload the page.', retry: 'never', blame: 'remote', status: 403 },
  ORIGIN_REJECTED: {
    hint: 'Open the web UI by its own address.',
    retry: 'never',
    blame: 'remote',
    status: 403,
  },
  HOST_REJECTED: {
    hint: 'Use the name or the mesh address of this machine.',
    retry: 'never',
    blame: 'remote',
    status: 421,
  },
  UI_NOT_BUILT: {
    hint: 'Build it with `npm run build`, or install the whole package; the API works without it.',
    retry: 'never',
    blame: 'operator',
    status: 503,
  },
} as const satisfies Record<string, ErrorMeta>;

/** What the command line finds wrong by itself (`cli/`); what the daemon answers keeps the daemon's code. */
const CLI_ERRORS = {
  USAGE: { hint: 'Try `sidegate --help`.', retry: 'never', blame: 'operator' },
  DAEMON_NOT_RUNNING: {
    hint: 'Start it: `systemctl start sidegate`, or `sidegate daemon` in a terminal.',
    retry: 'never',
    blame: 'operator',
  },
  DAEMON_NOT_PERMITTED: { hint: 'Run the command as root.', retry: 'never', blame: 'operator' },
  DAEMON_NOT_UNDERSTOOD: {
    hint: 'The running daemon may be another version than this command: restart it.',
    retry: 'never',
    blame: 'bug',
  },
  ENROLMENT_NOT_APPROVED: { hint: 'Run `sidegate up` again.', retry: 'never', blame: 'operator' },
  TUNNEL_NOT_UP: {
    hint: '`sidegate status` and `sidegate doctor` say more.',
    retry: 'never',
    blame: 'system',
  },
  SCAN_FAILED: { hint: 'The notices say why.', retry: 'never', blame: 'system' },
  HOST_UNKNOWN: { hint: '`sidegate hosts` lists the hosts.', retry: 'never', blame: 'operator' },
  HOST_AMBIGUOUS: { hint: 'Use the address or the id instead.', retry: 'never', blame: 'operator' },
  FORWARD_UNKNOWN: { hint: '`sidegate forward list` lists the forwards.', retry: 'never', blame: 'operator' },
  SCOPE_UNKNOWN: {
    hint: '`sidegate scope list` lists the scopes; `sidegate scope add` adds one.',
    retry: 'never',
    blame: 'operator',
  },
  FILE_UNREADABLE: { hint: 'Check the path and its permissions.', retry: 'never', blame: 'operator' },
  PASSWORD_MISMATCH: { hint: 'Type the same password twice.', retry: 'never', blame: 'operator' },
} as const satisfies Record<string, ErrorMeta>;

/** Publishing hosts (`plugins/forwarding/`). */
const FORWARD_ERRORS = {
  FORWARD_PORT_IN_USE: {
    hint: 'Choose another port on the edge, or leave it out and one is chosen.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  FORWARD_PORTS_EXHAUSTED: {
    hint: 'Remove forwards that nobody uses, or name a port on the edge.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  FORWARD_TARGET_OUTSIDE_SCOPES: {
    hint: 'Add the network of the target to the scopes of this edge first.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  FORWARD_TARGET_IS_SELF: {
    hint: 'A forward leads to a device on the LAN, not to the edge itself.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  FORWARD_TARGET_IN_MESH: {
    hint: 'A node of the mesh, or a host with an address in it, is reached by its own name from everywhere.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  FORWARD_TARGET_NOWHERE: {
    hint: 'Scan again while the device is turned on.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  FORWARD_RANGE_TOO_HIGH: {
    hint: 'Begin at a lower port, or take fewer.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  FORWARD_EXPIRED: {
    hint: 'Choose a moment to come; if it is one, look at the clock of the edge.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  FORWARD_SOURCE_UNKNOWN: {
    hint: '`sidegate peers` shows who there is; ids are taken of those who are away.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  FORWARD_LIMIT: {
    hint: 'Remove forwards that nobody uses.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  FORWARD_NOT_FOUND: {
    hint: '`sidegate forward list` shows what there is.',
    retry: 'never',
    blame: 'remote',
    status: 404,
  },
  ADDRESS_LIMIT: {
    hint: 'Remove addresses that nobody uses; a forward publishes a single port.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  ADDRESS_EXISTS: {
    hint: 'A host has one address: change that one, or remove it first.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  ADDRESS_NAME_TAKEN: { hint: 'Choose another name.', retry: 'never', blame: 'remote', status: 409 },
  ADDRESS_NOT_FOUND: {
    hint: '`sidegate address list` shows what there is.',
    retry: 'never',
    blame: 'remote',
    status: 404,
  },
  FORWARDS_UNREADABLE: {
    hint: 'The file was set aside with the ending .broken; the forwards in it have to be made again.',
    retry: 'never',
    blame: 'system',
  },
} as const satisfies Record<string, ErrorMeta>;

/** Finding hosts (`plugins/discovery/`). */
const DISCOVERY_ERRORS = {
  HOST_NOT_FOUND: {
    hint: 'Scan again; `sidegate hosts` shows what there is.',
    retry: 'never',
    blame: 'remote',
    status: 404,
  },
  HOST_IN_USE: {
    hint: 'Remove the forwards that lead to it first.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  SCOPE_NOT_FOUND: {
    hint: '`GET /scopes` shows what there is.',
    retry: 'never',
    blame: 'remote',
    status: 404,
  },
  SCOPE_NOT_PRIVATE: {
    hint: 'Private networks are 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16. If it is yours all the same, say so: --public.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  SCOPE_TOO_LARGE: {
    hint: 'Add the parts that matter, each a /16 or smaller.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  SCOPE_OVERLAPS: {
    hint: 'Remove the other scope first, or add the part that is not in it.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  SCOPE_UNROUTED: {
    hint: 'Add a route to it on this machine or on its router, or scan what it can reach: `sidegate scope suggest`.',
    retry: 'never',
    blame: 'operator',
    status: 422,
  },
  SCOPE_SENDER_UNFIT: {
    hint: 'Choose an address of that network that nobody has, and an interface whose wire the devices are on.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  SCOPE_LIMIT: { hint: 'Remove a scope first.', retry: 'never', blame: 'remote', status: 409 },
  SCOPE_ATTACHED: {
    hint: 'It comes from an interface of this machine and goes with it.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  SCOPE_NONE: {
    hint: 'Connect the edge to a private network, or add a routed one.',
    retry: 'never',
    blame: 'operator',
    status: 409,
  },
  SCAN_RUNNING: {
    hint: 'Wait for the running scan, or cancel it.',
    retry: 'backoff',
    blame: 'remote',
    status: 409,
  },
  SCAN_NOT_FOUND: { hint: '`GET /scans` shows what there is.', retry: 'never', blame: 'remote', status: 404 },
} as const satisfies Record<string, ErrorMeta>;

/** Joining an account and staying in it (`plugins/mesh`); what the broker refuses keeps the broker's code. */
const MESH_ERRORS = {
  BROKER_URL_MISSING: {
    hint: 'Say which broker: `sidegate up --broker https://broker.example.com`.',
    retry: 'never',
    blame: 'operator',
    status: 400,
  },
  BROKER_UNREACHABLE: {
    hint: 'Check the address of the broker and the connection to the internet.',
    retry: 'backoff',
    blame: 'remote',
    status: 502,
  },
  BROKER_NOT_UNDERSTOOD: {
    hint: 'Check that the address is that of a Sidegate broker, of a version that fits.',
    retry: 'backoff',
    blame: 'remote',
    status: 502,
  },
  ENROLMENT_KEY_MALFORMED: {
    hint: 'An enrolment key starts with sgk_; copy the whole of it.',
    retry: 'never',
    blame: 'operator',
    status: 400,
  },
  ENROLMENT_DENIED: {
    hint: 'Ask whoever denied it, then run `sidegate up` again.',
    retry: 'never',
    blame: 'operator',
    status: 403,
  },
  ENROLLED_ELSEWHERE: {
    hint: 'Leave that broker first: `sidegate down --forget`.',
    retry: 'never',
    blame: 'operator',
    status: 409,
  },
  STATE_UNREADABLE: {
    hint: 'The file that holds the identity of this machine is damaged: enrol again with `sidegate up`.',
    retry: 'never',
    blame: 'system',
    status: 500,
  },
} as const satisfies Record<string, ErrorMeta>;

/** What is thrown in the agent on purpose. */
export const AgentError = defineErrors('AgentError', {
  ...COMMAND_ERRORS,
  ...SYSTEM_ERRORS,
  ...CORE_ERRORS,
  ...FORWARD_ERRORS,
  ...DISCOVERY_ERRORS,
  ...WEB_ERRORS,
  ...CLI_ERRORS,
  ...MESH_ERRORS,
});
/** An instance; narrow by `code`. */
export type AgentError = InstanceType<typeof AgentError>;
/** Every code of the agent. */
export type AgentErrorCode = AgentError['code'];
