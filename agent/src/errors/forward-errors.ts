/** Publishing hosts (`plugins/forwarding/`). */
import type { ErrorMeta } from '@sidegate/kit';

/** Codes and what is to be done about them. */
export const FORWARD_ERRORS = {
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
  FORWARD_TARGET_NO_HOST: {
    hint: 'The first and the last address of a network stand for all of it: name a device.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  FORWARD_TARGET_STRAY: {
    hint: 'Give the edge a free address of that network on the same wire, and the network is attached; then publish.',
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
  WAKE_WITHOUT_MAC: {
    hint: 'A host is woken by its hardware address, which is seen on a scan of an attached network.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  WAKE_NOT_ATTACHED: {
    hint: 'Magic packets do not pass routers: an edge on the wire of that host can wake it.',
    retry: 'never',
    blame: 'remote',
    status: 422,
  },
  TEMPLATE_NOT_FOUND: {
    hint: '`sidegate template list` shows what there is.',
    retry: 'never',
    blame: 'remote',
    status: 404,
  },
  TEMPLATE_IN_CONFIG: {
    hint: 'Take another name, or change the configuration.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  TEMPLATE_FAULTY: {
    hint: 'Mend it in the configuration; `sidegate template list` says what is wrong with it.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  TEMPLATE_LIMIT: {
    hint: 'Remove templates that nobody uses.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  TEMPLATES_UNREADABLE: {
    hint: 'The file was set aside with the ending .broken; the templates in it have to be added again.',
    retry: 'never',
    blame: 'system',
  },
  IMPORT_REFUSED: {
    hint: 'Nothing was changed. Mend the file, or leave out what cannot be taken over.',
    retry: 'never',
    blame: 'remote',
    status: 409,
  },
  FORWARDS_UNREADABLE: {
    hint: 'The file was set aside with the ending .broken; the forwards in it have to be made again.',
    retry: 'never',
    blame: 'system',
  },
} as const satisfies Record<string, ErrorMeta>;
