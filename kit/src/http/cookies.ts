/** The few lines of cookie handling two servers need (RFC 6265 section 4). */

/** Value of one cookie in a `Cookie` header, or `undefined`. */
export const readCookie = (header: string | undefined, name: string): string | undefined => {
  for (const part of (header ?? '').split(';')) {
    const [key, ...value] = part.split('=');
    if (key?.trim() === name) return value.join('=').trim();
  }
  return undefined;
};

/** A session cookie: unreadable by scripts, never sent across sites. `maxAgeSec` 0 deletes it. */
export const renderSessionCookie = (
  name: string,
  value: string,
  options: { readonly maxAgeSec: number; readonly secure: boolean },
): string =>
  `${name}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${options.maxAgeSec}${options.secure ? '; Secure' : ''}`;
