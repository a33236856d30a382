/** What can go wrong between page and server, as one error that a person can be shown. */
import { ErrorBody } from '@sidegate/protocol';
import { safeParse } from 'valibot';
import { t } from '../i18n/common.ts';

/** The server's stable code, sentence and hint; or one of our own codes when no answer came. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  readonly status: number;
  readonly hint: string | undefined;
  readonly field: string | undefined;

  constructor(
    code: string,
    message: string,
    details: {
      status?: number;
      hint?: string | undefined;
      field?: string | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.code = code;
    this.status = details.status ?? 0;
    this.hint = details.hint;
    this.field = details.field;
  }
}

/** An error body as the servers send it; anything else becomes `ANSWER_UNREADABLE`. */
export const parseErrorBody = (status: number, body: unknown): ApiError => {
  const parsed = safeParse(ErrorBody, body);
  if (!parsed.success) {
    return new ApiError('ANSWER_UNREADABLE', t('error.unreadable'), {
      status,
      hint: t('error.unreadable-hint'),
    });
  }
  const { code, message, hint, field } = parsed.output.error;
  return new ApiError(code, message, { status, hint, field });
};

/** Whatever was thrown, as something to show; an abort stays what it is. */
export const toApiError = (cause: unknown): ApiError => {
  if (cause instanceof ApiError) return cause;
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new ApiError('UNEXPECTED', t('error.unexpected'), { hint: detail, cause });
};

/** Whether a task or fetch was merely cancelled. */
export const isAbort = (cause: unknown): boolean =>
  cause instanceof DOMException && cause.name === 'AbortError';
