/** Joins a form in a modal with what it asks the server for. */
import { type ApiError, toApiError } from '../../shared/data/api-error.ts';
import type { FormAnswer, SgFormDialog } from '../components/sg-form-dialog.ts';

/** What a dialog may ask for. */
interface FormWork<R, P, T> {
  readonly plan?: (request: R) => Promise<P>;
  readonly send: (request: R) => Promise<T>;
}

/** Shows the dialog until the server took what was typed, or somebody closed it; then it resolves to nothing. */
export const runFormDialog = <R, P, T>(
  dialog: SgFormDialog<R, P>,
  { plan, send }: FormWork<R, P, T>,
): Promise<{ readonly how: FormAnswer<R>['how']; readonly value: T } | undefined> =>
  new Promise((resolve) => {
    const end = (done?: { how: FormAnswer<R>['how']; value: T }): void => {
      dialog.remove();
      resolve(done);
    };
    const work = async ({ how, request }: FormAnswer<R>): Promise<void> => {
      dialog.busy = true;
      dialog.error = undefined;
      try {
        if (how === 'plan') dialog.plan = await plan?.(request);
        else end({ how, value: await send(request) });
      } catch (cause) {
        const error: ApiError = toApiError(cause);
        // The page asks for the log-in, which nothing may cover.
        if (error.status === 401) end();
        else dialog.error = error;
      } finally {
        dialog.busy = false;
      }
    };
    dialog.addEventListener('sg-answer', (event) => {
      if (!dialog.busy) void work((event as CustomEvent<FormAnswer<R>>).detail);
    });
    dialog.addEventListener('sg-close', () => end());
    document.body.append(dialog);
  });
