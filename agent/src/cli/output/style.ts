/** Colours, where somebody looks: on a terminal, unless `NO_COLOR` is set (no-color.org). */
import type { CliIo, TextSink } from '../cli-io.ts';

/** SGR codes of ECMA-48 section 8.3.117: on and off. */
const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

/** Wraps text in a colour, or leaves it. */
export type Style = { readonly [K in keyof typeof CODES]: (text: string) => string };

/** May this sink get colours? */
export const hasColours = (sink: TextSink, env: CliIo['env']): boolean =>
  sink.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';

/** A style that colours, or one that does nothing. */
export const createStyle = (isColoured: boolean): Style => {
  const paint = ([on, off]: readonly [number, number]) =>
    isColoured ? (text: string) => `\u001b[${on}m${text}\u001b[${off}m` : (text: string) => text;
  return {
    bold: paint(CODES.bold),
    dim: paint(CODES.dim),
    red: paint(CODES.red),
    green: paint(CODES.green),
    yellow: paint(CODES.yellow),
    cyan: paint(CODES.cyan),
  };
};
