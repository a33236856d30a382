/** Hands text to the browser as a file; nothing leaves the page. */
export const download = (name: string, type: string, text: string): void => {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  // The browser takes its copy at once, but not within this very turn.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
};
