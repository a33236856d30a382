/** What the command line finds wrong by itself (`cli/`); what the daemon answers keeps the daemon's code. */
import type { ErrorMeta } from '@sidegate/kit';

/** Codes and what is to be done about them. */
export const CLI_ERRORS = {
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
  TEMPLATE_IN_PART: { hint: 'The list says why.', retry: 'never', blame: 'operator' },
  HOST_ASLEEP: {
    hint: 'Is Wake-on-LAN turned on in its firmware and its system? Some devices wake by cable only.',
    retry: 'backoff',
    blame: 'remote',
  },
  OWN_PATH: {
    hint: '`sidegate down --yes` takes it down all the same.',
    retry: 'never',
    blame: 'operator',
  },
  FILE_UNREADABLE: { hint: 'Check the path and its permissions.', retry: 'never', blame: 'operator' },
  PASSWORD_MISMATCH: { hint: 'Type the same password twice.', retry: 'never', blame: 'operator' },
} as const satisfies Record<string, ErrorMeta>;
