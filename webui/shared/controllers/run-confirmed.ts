/** What asks before it is done, as it cannot be taken back. */
import { askConfirm, type Question } from '../components/sg-confirm.ts';
import type { ActionController } from './action-controller.ts';

/** Asks, then runs the work and tells why it failed. Was it done? `undefined` where the person thought better of it. */
export const runConfirmed = async (
  actions: ActionController,
  key: string,
  question: Question,
  work: () => Promise<void>,
): Promise<boolean | undefined> => {
  if (!(await askConfirm(question))) return undefined;
  const isDone = await actions.run(key, async () => {
    await work();
    return true;
  });
  actions.tellError(key);
  return isDone === true;
};
