/** A short name out of a long one: `Acme & Sons` becomes `acme-sons`. */
export const suggestLabel = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 31)
    .replace(/^-+|-+$/g, '');
