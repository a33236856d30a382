/** Form input against the wire contract's schemas, so that the page refuses what the server would. */
import { type GenericSchema, getDotPath, type InferOutput, safeParse } from 'valibot';

/** Either the parsed value, or one sentence per field (dotted path; '' for the whole). */
export type Validated<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: Readonly<Record<string, string>> };

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace(/\.\.$/, '.');

/** Parses `input`; `texts` overrides the sentence of a field where the schema's is not for people. */
export const validate = <S extends GenericSchema>(
  schema: S,
  input: unknown,
  texts: Readonly<Record<string, string>> = {},
): Validated<InferOutput<S>> => {
  const parsed = safeParse(schema, input);
  if (parsed.success) return { ok: true, value: parsed.output };
  const errors: Record<string, string> = {};
  for (const issue of parsed.issues) {
    const path = getDotPath(issue) ?? '';
    errors[path] ??= texts[path] ?? sentence(issue.message);
  }
  return { ok: false, errors };
};
