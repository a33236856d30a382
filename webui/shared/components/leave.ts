/** Event with which a panel asks its app to go to another site. */
export const LEAVE_EVENT = 'sg-leave';

/** Where to; `replace` keeps the current page out of the history. */
export interface Leave {
  readonly url: string;
  readonly replace: boolean;
}

/** Goes there, in this tab. */
export const leaveTo = ({ url, replace }: Leave): void => location[replace ? 'replace' : 'assign'](url);
