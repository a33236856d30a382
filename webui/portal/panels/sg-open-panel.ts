import { Task } from '@lit/task';
import { html } from 'lit';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-skeleton.ts';
import { pageHead } from '../../shared/components/templates.ts';
import { toApiError } from '../../shared/data/api-error.ts';
import { createTicket } from '../data/nodes.ts';
import { t } from '../messages.ts';
import { PortalPanel } from './portal-panel.ts';

/** `/open/:id`: fetches a ticket and goes to the edge, so that a link can open it in a tab of its own. */
export class SgOpenPanel extends PortalPanel {
  readonly #nodes = this.live((portal) => portal.nodes);
  readonly #ticket = new Task(this, {
    args: () => [this.params.id ?? ''] as const,
    task: ([id]) => createTicket(this.portal.api, id),
    onComplete: ({ url }) => this.goTo(url, true),
  });

  protected override render() {
    const name = this.#nodes.value?.find(({ id }) => id === this.params.id)?.name ?? '…';
    return html`${pageHead(t('open.title', { name }), t('open.text'))}
    ${this.#ticket.render({
      pending: () => html`<sg-skeleton rows="2"></sg-skeleton>`,
      error: (cause) =>
        html`<sg-alert .error=${toApiError(cause)} retry @sg-retry=${() => void this.#ticket.run()}></sg-alert>`,
    })}`;
  }
}
customElements.define('sg-open-panel', SgOpenPanel);
