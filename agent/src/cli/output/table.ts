/** Tables for people: columns padded to their widest cell, cut to the terminal where there is one. */
import { plain } from './plain-text.ts';
import type { Style } from './style.ts';

/** Heading of a column, and how its cells are set; `paint` sees the text as it will stand there. */
export interface Column {
  readonly title: string;
  readonly isRight?: boolean;
  /** Gives way when the terminal is too narrow. */
  readonly isFlexible?: boolean;
  readonly paint?: (cell: string, style: Style) => string;
}

const GAP = '  ';
const FLEXIBLE_MIN_WIDTH = 8;

/** Cells a text takes; wide characters are counted as one, which misaligns a line and harms nothing. */
const widthOf = (text: string): number => [...text].length;

const fit = (text: string, width: number): string =>
  widthOf(text) <= width ? text : `${[...text].slice(0, Math.max(1, width - 1)).join('')}…`;

const widthsOf = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  limit: number,
): number[] => {
  const widths = columns.map((column, at) =>
    Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[at] ?? ''))),
  );
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1)) - limit;
  for (const [at, column] of columns.entries()) {
    if (excess <= 0 || column.isFlexible !== true) continue;
    const taken = Math.min(excess, Math.max(0, widths[at]! - FLEXIBLE_MIN_WIDTH));
    widths[at] = widths[at]! - taken;
    excess -= taken;
  }
  return widths;
};

/** The table as lines, titles first. Cells are made harmless here: callers pass whatever a device said. */
export const renderTable = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: { readonly style: Style; readonly columns?: number | undefined },
): string => {
  const { style } = options;
  const cells = rows.map((row) => row.map(plain));
  const widths = widthsOf(columns, cells, options.columns ?? Number.POSITIVE_INFINITY);
  const line = (row: readonly string[], paint: (text: string, column: Column) => string) =>
    columns
      .map((column, at) => {
        const text = fit(row[at] ?? '', widths[at]!);
        const padding = ' '.repeat(widths[at]! - widthOf(text));
        const painted = text === '' ? '' : paint(text, column);
        if (column.isRight) return padding + painted;
        return at === columns.length - 1 ? painted : painted + padding;
      })
      .join(GAP)
      .trimEnd();
  return [
    line(
      columns.map(({ title }) => title),
      (text) => style.bold(text),
    ),
    ...cells.map((row) => line(row, (text, column) => column.paint?.(text, style) ?? text)),
  ].join('\n');
};

/** Lines of `name  value`, the values aligned. */
export const renderFields = (fields: readonly (readonly [string, string])[], style: Style): string => {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields
    .map(([name, value]) => `  ${style.dim(name.padEnd(width))}  ${plain(value)}`.trimEnd())
    .join('\n');
};
