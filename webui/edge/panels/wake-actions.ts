/** Waking a host, and waiting until it answers. */
import type { Host } from '@sidegate/protocol';
import { html } from 'lit';
import { showToast } from '../../shared/components/toast.ts';
import { isHostAwake, wakeHost } from '../data/wake.ts';
import { t } from '../messages.ts';
import type { PanelCaller } from './panel-caller.ts';

const ASK_EVERY_MS = 2_000;
const PATIENCE_MS = 60_000;

const wakeAndWait = async ({ element, edge, actions }: PanelCaller, host: Host): Promise<void> => {
  const isAwake = await actions.run('wake', async () => {
    await wakeHost(edge.api, host);
    const until = performance.now() + PATIENCE_MS;
    while (performance.now() < until) {
      if (await isHostAwake(edge.api, host)) return true;
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
      if (element instanceof HTMLElement && !element.isConnected) return undefined;
    }
    return false;
  });
  actions.tellError('wake');
  if (isAwake === undefined) return;
  showToast(element, {
    tone: isAwake ? 'ok' : 'error',
    text: t(isAwake ? 'wake.awake' : 'wake.asleep', { name: host.name }),
    ...(isAwake ? {} : { detail: t('wake.asleep-text') }),
  });
};

/** The button, which tells how it goes. */
export const wakeButton = (caller: PanelCaller, host: Host) => {
  const isBusy = caller.actions.isBusy('wake');
  return html`<button
    type="button"
    class="btn"
    aria-live="polite"
    ?disabled=${isBusy}
    @click=${() => void wakeAndWait(caller, host)}
  >
    <sg-icon name="energy" size="16"></sg-icon>${t(isBusy ? 'wake.waiting' : 'wake.wake')}
  </button>`;
};
