/** The error body of every HTTP API here: a stable code for programs, a sentence and a hint for people. */
import * as v from 'valibot';

/** Body of every answer with a status of 400 or more. */
export const ErrorBody = v.strictObject({
  error: v.strictObject({
    code: v.string(),
    message: v.string(),
    hint: v.optional(v.string()),
    /** Which field of the request is meant, as a dotted path. */
    field: v.optional(v.string()),
  }),
});
export type ErrorBody = v.InferOutput<typeof ErrorBody>;
