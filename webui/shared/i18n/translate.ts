/**
 * Texts: a catalogue is a flat record of message keys; `t('key', { n: 3 })` fills `{n}`. A message of two
 * forms, `one || other`, is chosen by the plural rule of the locale for `n`. Keys are typed, so a missing
 * text is a compile error. Must not import Lit: data modules use texts too.
 */

/** Values for the `{placeholders}` of a message. */
export type MessageValues = Readonly<Record<string, string | number>>;
/** Looks a text up. */
export type Translate<K extends string> = (key: K, values?: MessageValues) => string;

const LOCALE = 'en';
const plural = new Intl.PluralRules(LOCALE);

const chooseForm = (message: string, count: unknown): string => {
  const [one, other] = message.split(' || ');
  if (other === undefined || one === undefined) return message;
  return typeof count === 'number' && plural.select(count) === 'one' ? one : other;
};

/** Makes the lookup function of one catalogue. */
export const createTranslate =
  <C extends Readonly<Record<string, string>>>(catalogue: C): Translate<keyof C & string> =>
  (key, values = {}) =>
    chooseForm(catalogue[key] ?? key, values.n).replace(/\{(\w+)\}/g, (whole, name: string) =>
      String(values[name] ?? whole),
    );
