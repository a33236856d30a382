/** The colour theme of the page: as the system, or a person's choice, kept in the browser. */

/** `auto` follows prefers-color-scheme. */
export type Theme = 'auto' | 'light' | 'dark';
const KEY = 'sidegate-theme';

/** The stored choice; a browser that refuses storage has `auto`. */
export const readTheme = (): Theme => {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'auto';
  } catch {
    return 'auto';
  }
};

/** Applies a theme to the page: `light-dark()` colours follow `color-scheme`. */
export const applyTheme = (theme: Theme): void => {
  document.documentElement.style.colorScheme = theme === 'auto' ? 'light dark' : theme;
};

/** Applies and remembers. */
export const storeTheme = (theme: Theme): void => {
  applyTheme(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
};
