/** `North, vip  pool` -> `['north', 'vip', 'pool']`, without doubles. */
export const parseTags = (text: string): string[] => [
  ...new Set(
    text
      .toLowerCase()
      .split(/[\s,]+/)
      .filter(Boolean),
  ),
];
