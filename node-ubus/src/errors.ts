import { STATUS, type UbusErrorCode } from './protocol.ts';

const HINTS: Readonly<Record<UbusErrorCode, string>> = {
  'invalid-command': 'The object has no such command; a daemon of another version may be running.',
  'invalid-argument': 'Compare the arguments with the signature that `lookup` shows.',
  'method-not-found': 'List the methods of the object with `lookup`.',
  'not-found': 'Is the service running that provides this object?',
  'no-data': 'The service answered without data.',
  'permission-denied': 'Not root: the user needs an ACL file under /usr/share/acl.d.',
  timeout: 'The service did not answer in time; ask again or allow it longer.',
  'not-supported': 'This build of the service does not offer it.',
  'unknown-error': 'See the log of the service that was called.',
  'connection-failed': 'Is ubusd running, and may this user open its socket?',
  'no-memory': 'ubusd or the peer is not reading; send less at once.',
  'parse-error': 'The peer sent bytes that are not a valid message.',
  'system-error': 'See the log of the service that was called.',
};

/** What every failing call rejects with, and what a served method throws to answer with a status. */
export class UbusError extends Error {
  override readonly name = 'UbusError';
  /** Stable name of the status. */
  readonly code: UbusErrorCode;
  /** What a person can do about it, one sentence. */
  readonly hint: string;

  constructor(code: UbusErrorCode, message: string = code, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = HINTS[code];
  }

  /** The number of the code in `enum ubus_msg_status`. */
  get status(): number {
    return STATUS[this.code];
  }
}
