/**
 * Errors with stable codes. Each package has one class made by `defineErrors` from one table: who is to blame,
 * whether to try again, what a person can do. Values go into `details`; secrets never do.
 */
export interface ErrorMeta {
  /** What a person can do about it, one sentence. */
  readonly hint: string;
  readonly retry: 'never' | 'backoff';
  readonly blame: 'operator' | 'bug' | 'remote' | 'system';
  /** HTTP status, where the error can reach a client. */
  readonly status?: number;
}

interface CodedErrorOptions {
  readonly cause?: unknown;
  /** Values that tell this case from the next; shown to people and logged. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Replaces the table's hint where this case allows a better one. */
  readonly hint?: string;
  /** Dotted path of the request field that is wrong. */
  readonly field?: string;
}

/** An error of one of our packages. `message` is a verb phrase of what was attempted, or a plain sentence. */
export abstract class CodedError extends Error {
  abstract readonly code: string;
  abstract readonly meta: ErrorMeta;
  abstract readonly details: Readonly<Record<string, unknown>>;
  abstract readonly hint: string;
  abstract readonly field: string | undefined;
}

/** Makes a package's error class from its table. */
export const defineErrors = <const T extends Readonly<Record<string, ErrorMeta>>>(name: string, table: T) => {
  type Code = keyof T & string;
  return class extends CodedError {
    override readonly name = name;
    readonly code: Code;
    readonly meta: ErrorMeta;
    readonly details: Readonly<Record<string, unknown>>;
    readonly hint: string;
    readonly field: string | undefined;
    constructor(code: Code, message: string, options: CodedErrorOptions = {}) {
      super(message, options.cause === undefined ? undefined : { cause: options.cause });
      this.code = code;
      this.meta = table[code]!;
      this.details = options.details ?? {};
      this.hint = options.hint ?? this.meta.hint;
      this.field = options.field;
    }
  };
};

/** The code of whatever was thrown, `INTERNAL` where it has none of ours. */
export const codeOf = (error: unknown): string => (error instanceof CodedError ? error.code : 'INTERNAL');

/** `message: cause: cause`, for a log line. */
export const describeError = (error: unknown): string => {
  const parts: string[] = [];
  for (let at: unknown = error, depth = 0; at !== undefined && depth < 5; depth++) {
    parts.push(
      at instanceof CodedError ? `${at.message} (${at.code})` : at instanceof Error ? at.message : String(at),
    );
    at = at instanceof Error ? at.cause : undefined;
  }
  return parts.join(': ');
};
