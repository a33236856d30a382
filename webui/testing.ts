/** Finding and using things in open shadow roots as a person names them, for browser tests. */

/** Every element under `root`, through shadow roots. */
export const allElements = (root: ParentNode): Element[] =>
  [...root.querySelectorAll('*')].flatMap((element) => [
    element,
    ...(element.shadowRoot === null ? [] : allElements(element.shadowRoot)),
  ]);

const nameOf = (element: Element): string =>
  (element.getAttribute('aria-label') ?? element.textContent ?? '').replace(/\s+/g, ' ').trim();
const matches = (element: Element, name: string | RegExp): boolean =>
  typeof name === 'string' ? nameOf(element) === name : name.test(nameOf(element));

/** The first visible element of a kind with this name. */
export const find = (root: ParentNode, selector: string, name: string | RegExp): HTMLElement | undefined =>
  allElements(root).find(
    (element): element is HTMLElement =>
      element instanceof HTMLElement &&
      element.matches(selector) &&
      element.checkVisibility() &&
      matches(element, name),
  );

const POLL_MS = 15;
const GIVE_UP_MS = 4000;

/** Waits until `look` finds something; the message says what was awaited. */
export const waitFor = async <T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> => {
  const until = performance.now() + GIVE_UP_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > until) throw new Error(`never seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
};

/** A button, a link, a heading by its name. */
export const button = (root: ParentNode, name: string | RegExp) =>
  waitFor(`button ${name}`, () => find(root, 'button', name) as HTMLButtonElement | undefined);
export const link = (root: ParentNode, name: string | RegExp) =>
  waitFor(`link ${name}`, () => find(root, 'a[href]', name) as HTMLAnchorElement | undefined);
export const heading = (root: ParentNode, name: string | RegExp) =>
  waitFor(`heading ${name}`, () => find(root, 'h2, h3', name));

/** The control that a label, or itself, names. */
export const labelled = (root: ParentNode, name: string) =>
  waitFor(`field ${name}`, () => {
    const label = find(root, 'label', name) as HTMLLabelElement | undefined;
    const control = label?.control ?? find(root, 'input, select, textarea', name);
    return (control ?? undefined) as HTMLInputElement | HTMLSelectElement | undefined;
  });

/** Types into a field, as far as the page can tell. */
export const type = async (root: ParentNode, label: string, text: string): Promise<void> => {
  const control = await labelled(root, label);
  control.value = text;
  control.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
  control.dispatchEvent(new Event('change', { bubbles: true, composed: true }));
};

/** Waits for visible text anywhere. */
export const text = (root: ParentNode, part: string) =>
  waitFor(`text ${part}`, () =>
    allElements(root).some(
      (element) =>
        element.checkVisibility() &&
        [...element.childNodes].some(
          (node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.includes(part),
        ),
    ),
  );
