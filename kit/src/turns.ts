/** Tasks of one owner, one after another, where two at a time would trip over each other. */
export type Turns = <T>(task: () => Promise<T>) => Promise<T>;

/** Each task begins when the one before has settled, however that went, and never within the call itself. */
export const createTurns = (): Turns => {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const turn = last.then(task);
    last = turn.catch(() => {});
    return turn;
  };
};
