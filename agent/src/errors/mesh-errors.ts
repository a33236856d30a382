/** Joining an account and staying in it (`plugins/mesh`); what the broker refuses keeps the broker's code. */
import type { ErrorMeta } from '@sidegate/kit';

/** Codes and what is to be done about them. */
export const MESH_ERRORS = {
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
  IDENTITY_NEWER: {
    hint: 'Install the newer version again. To give up that identity: `sidegate down --forget`.',
    retry: 'never',
    blame: 'operator',
    status: 409,
  },
} as const satisfies Record<string, ErrorMeta>;
