/** Accessibility check of what is on the page, for browser tests. */
import axe from 'axe-core';

/** Violations as readable lines; empty when there are none. Waits until animations have ended. */
export const findViolations = async (root: Element): Promise<string[]> => {
  await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined)));
  const { violations, passes } = await axe.run(root, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
    // A rule about the whole document, which belongs to the test runner here.
    rules: { region: { enabled: false } },
  });
  // A check that looked at nothing would find nothing.
  if (!passes.some(({ id }) => id === 'color-contrast')) throw new Error('no text was checked');
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      (node) => `${id}: ${help}\n  ${node.target.flat().join(' > ')}\n  ${node.failureSummary ?? ''}`,
    ),
  );
};
