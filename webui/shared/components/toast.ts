import type { ApiError } from '../data/api-error.ts';

/** A short message that goes away by itself, unless it is an error. */
export interface Toast {
  readonly tone: 'ok' | 'info' | 'error';
  readonly text: string;
  readonly detail?: string;
  readonly link?: { readonly href: string; readonly label: string };
}

/** Event that `sg-toasts` of the app hears. */
export const TOAST_EVENT = 'sg-toast';

/** Shows a toast in the app that contains `from`. */
export const showToast = (from: EventTarget, toast: Toast): void => {
  from.dispatchEvent(new CustomEvent(TOAST_EVENT, { detail: toast, bubbles: true, composed: true }));
};

/** Shows why something failed: message, hint and code. */
export const showError = (from: EventTarget, error: ApiError): void =>
  showToast(from, {
    tone: 'error',
    text: error.message,
    detail: [error.hint, `(${error.code})`].filter(Boolean).join(' '),
  });
