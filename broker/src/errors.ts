/**
 * The broker's errors: one table of code, HTTP status, blame and hint. Codes are stable for ever: agents, the portal
 * and scripts act on them.
 */
import { defineErrors } from '@sidegate/kit';

/** Thrown by services, and made an answer by the HTTP layer. */
export const BrokerError = defineErrors('BrokerError', {
  // Who is asking
  SESSION_REQUIRED: { hint: 'Log in to the portal.', retry: 'never', blame: 'remote', status: 401 },
  LOGIN_REJECTED: {
    hint: 'Check e-mail address and password; an administrator can set a new password.',
    retry: 'never',
    blame: 'remote',
    status: 401,
  },
  LOGIN_THROTTLED: {
    hint: 'Too many wrong passwords: wait as long as Retry-After says.',
    retry: 'backoff',
    blame: 'remote',
    status: 429,
  },
  CSRF_REJECTED: {
    hint: 'Send the token of GET /v1/portal/session in x-sidegate-csrf, from a page of this broker.',
    retry: 'never',
    blame: 'remote',
    status: 403,
  },
  ORIGIN_REJECTED: {
    hint: 'Open the portal at its own address; the broker may need --public-url.',
    retry: 'never',
    blame: 'remote',
    status: 403,
  },
  ROLE_FORBIDDEN: {
    hint: 'Ask an administrator of the account.',
    retry: 'never',
    blame: 'remote',
    status: 403,
  },
  RATE_LIMITED: {
    hint: 'Wait as long as Retry-After says.',
    retry: 'backoff',
    blame: 'remote',
    status: 429,
  },
  BROKER_BUSY: { hint: 'Try again in a moment.', retry: 'backoff', blame: 'system', status: 503 },
  // Set-up
  SETUP_DONE: {
    hint: 'The broker has an owner already: log in, or run `sidegate-broker init` on the broker itself.',
    retry: 'never',
    blame: 'operator',
    status: 409,
  },
  SETUP_CODE_REJECTED: {
    hint: "The code stands in the broker's log; every start without an owner prints a new one.",
    retry: 'never',
    blame: 'operator',
    status: 403,
  },
  ACCOUNT_UNKNOWN: {
    hint: '`sidegate-broker relay usage` names the accounts that relayed.',
    retry: 'never',
    blame: 'operator',
    status: 404,
  },
  ACCOUNT_LABEL_TAKEN: { hint: 'Choose another label.', retry: 'never', blame: 'operator', status: 409 },
  // People
  EMAIL_TAKEN: { hint: 'Choose another e-mail address.', retry: 'never', blame: 'operator', status: 409 },
  USER_UNKNOWN: { hint: 'Load the list of users anew.', retry: 'never', blame: 'remote', status: 404 },
  LAST_OWNER: {
    hint: 'Make somebody else owner first.',
    retry: 'never',
    blame: 'operator',
    status: 409,
  },
  // Relays
  RELAY_NOT_OFFERED: {
    hint: 'Run `sidegate relay on` on that machine, and wait for its next check-in.',
    retry: 'never',
    blame: 'operator',
    status: 409,
  },
  RELAY_NOT_APPROVED: {
    hint: 'An administrator lets it relay in the portal.',
    retry: 'backoff',
    blame: 'operator',
    status: 403,
  },
  // Enrolment
  ENROLMENT_KEY_UNKNOWN: {
    hint: 'Copy the whole key, or create a new one in the portal.',
    retry: 'never',
    blame: 'operator',
    status: 403,
  },
  ENROLMENT_KEY_USED: {
    hint: 'This key was for one machine: create another in the portal, reusable if it is for several.',
    retry: 'never',
    blame: 'operator',
    status: 403,
  },
  ENROLMENT_KEY_EXPIRED: {
    hint: 'Create a new key in the portal.',
    retry: 'never',
    blame: 'operator',
    status: 403,
  },
  ENROLMENT_KEY_REVOKED: {
    hint: 'Somebody revoked this key: create a new one in the portal.',
    retry: 'never',
    blame: 'operator',
    status: 403,
  },
  ENROLMENT_ROLE_MISMATCH: {
    hint: 'Create a key for this role in the portal.',
    retry: 'never',
    blame: 'operator',
    status: 403,
  },
  ENROLMENT_REQUEST_UNKNOWN: {
    hint: 'Compare the code with the one the machine shows; it may have expired.',
    retry: 'never',
    blame: 'operator',
    status: 404,
  },
  NODE_ALREADY_ENROLLED: {
    hint: 'This machine is in the account already: remove it in the portal, or let it leave, to enrol anew.',
    retry: 'never',
    blame: 'operator',
    status: 409,
  },
  PUBLIC_KEY_TAKEN: {
    hint: 'Another account uses this key: make a new WireGuard key on the machine and enrol again.',
    retry: 'never',
    blame: 'operator',
    status: 409,
  },
  ADDRESSES_EXHAUSTED: {
    hint: 'Remove nodes that are gone; the account prefix is full.',
    retry: 'never',
    blame: 'operator',
    status: 507,
  },
  // Nodes
  NODE_TOKEN_UNKNOWN: {
    hint: 'This broker does not know the node: enrol again.',
    retry: 'never',
    blame: 'remote',
    status: 401,
  },
  NODE_REVOKED: {
    hint: 'The node was removed from its account: enrol again if it should come back.',
    retry: 'never',
    blame: 'remote',
    status: 401,
  },
  IDENTITY_CLONED: {
    hint: 'Two machines run with one identity. On the copy: `sidegate down --forget`, then enrol it by itself.',
    retry: 'never',
    blame: 'operator',
    status: 409,
  },
  NODE_UNKNOWN: { hint: 'Load the list of nodes anew.', retry: 'never', blame: 'remote', status: 404 },
  NODE_NAME_TAKEN: { hint: 'Choose another name.', retry: 'never', blame: 'operator', status: 409 },
  NODE_NOT_EDGE: {
    hint: 'Only edges have a web UI and hosts behind them.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  NODE_NOT_PROFILE: {
    hint: 'Only devices with a stock WireGuard app have a profile; a machine with our agent keeps itself up to date.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  PEER_NOT_PERMITTED: {
    hint: "The account's policy does not let these two nodes talk.",
    retry: 'never',
    blame: 'remote',
    status: 403,
  },
  PEER_OFFLINE: {
    hint: 'Try again when the other node is online.',
    retry: 'backoff',
    blame: 'remote',
    status: 409,
  },
  STREAM_REQUIRED: {
    hint: 'Open GET /v1/nodes/self/events first: the answer to a punch comes there.',
    retry: 'backoff',
    blame: 'remote',
    status: 409,
  },
  KEY_UNKNOWN: { hint: 'Load the list of keys anew.', retry: 'never', blame: 'remote', status: 404 },
  // The command line as a client
  PORTAL_REFUSED: {
    hint: 'Is the broker running, and --public-url its address?',
    retry: 'never',
    blame: 'operator',
  },
  // The broker itself
  PORTAL_NOT_BUILT: {
    hint: 'Build the web UI, or name its directory with --portal-dir.',
    retry: 'never',
    blame: 'operator',
    status: 503,
  },
  CONFIG_INVALID: { hint: 'See `sidegate-broker --help`.', retry: 'never', blame: 'operator' },
  LISTEN_FAILED: {
    hint: 'Another program may use the port, or the address is not of this machine.',
    retry: 'never',
    blame: 'operator',
  },
  STORE_FAILED: {
    hint: 'Check that the data directory is writable and the disk not full.',
    retry: 'never',
    blame: 'system',
  },
});
export type BrokerError = InstanceType<typeof BrokerError>;
