import type { PortalNode } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-empty.ts';
import '../../shared/components/sg-icon.ts';
import { choices, moreButton, pageHead, searchBox, whenLoaded } from '../../shared/components/templates.ts';
import '../components/sg-edge-table.ts';
import { createTicket } from '../data/nodes.ts';
import { enrollableRoles } from '../data/roles.ts';
import { type NodeFilter, selectNodes } from '../data/select-nodes.ts';
import { t } from '../messages.ts';
import { PortalPanel } from './portal-panel.ts';

const PAGE_SIZE = 200;
const FILTERS: readonly NodeFilter[] = ['all', 'online', 'offline', 'attention'];

/** The start page: every edge of the account with its state, and the way in. */
export class SgEdgesPanel extends PortalPanel {
  static override properties = {
    ...PortalPanel.properties,
    text: { state: true },
    filter: { state: true },
    limit: { state: true },
  };
  text = '';
  filter: NodeFilter = 'all';
  limit = PAGE_SIZE;
  readonly #nodes = this.live((portal) => portal.nodes);

  protected override render() {
    return html`${pageHead(t('menu.edges'), t('edges.descr'), this.#canAdd ? this.#renderAdd('btn') : nothing)}
    ${whenLoaded(this.#nodes.state, this.#nodes.retry, (nodes) => this.#renderEdges(nodes.filter(({ role }) => role === 'edge')))}`;
  }

  get #canAdd(): boolean {
    return enrollableRoles(this.portal.session.user.role).includes('edge');
  }

  #renderAdd(classes: string) {
    return html`<a class=${classes} href=${this.router.href('/add')}>
      <sg-icon name="plus" size="16"></sg-icon>${t('menu.add')}
    </a>`;
  }

  #renderEdges(edges: readonly PortalNode[]) {
    if (edges.length === 0) {
      return html`<div class="section">
        <sg-empty icon="edge" heading=${t('edges.empty')} text=${t(this.#canAdd ? 'edges.empty-text' : 'edges.empty-member')}>
          ${this.#canAdd ? this.#renderAdd('btn btn-primary') : nothing}
        </sg-empty>
      </div>`;
    }
    const shown = selectNodes(edges, this.text, this.filter);
    return html`${this.#renderToolbar(edges, shown)}
      <div class="section">
        ${
          shown.length === 0
            ? this.#renderNone()
            : html`<sg-edge-table
              .edges=${shown.slice(0, this.limit)}
              .busyIds=${new Set(shown.map(({ id }) => id as string).filter((id) => this.actions.isBusy(id)))}
              .base=${this.router.href('')}
              @sg-open=${({ detail: edge }: CustomEvent<PortalNode>) => void this.#open(edge)}
            ></sg-edge-table>`
        }
        ${moreButton(shown.length - this.limit, () => {
          this.limit += PAGE_SIZE;
        })}
      </div>`;
  }

  #renderToolbar(edges: readonly PortalNode[], shown: readonly PortalNode[]) {
    const online = edges.filter((edge) => edge.online).length;
    return html`<div class="toolbar">
      ${searchBox(t('edges.search'), this.text, (text) => {
        this.text = text;
      })}
      <select
        aria-label=${t('edges.filter')}
        @change=${(event: Event) => {
          this.filter = (event.target as HTMLSelectElement).value as NodeFilter;
        }}
      >
        ${choices(
          FILTERS.map((filter) => [filter, t(`filter.${filter}`)] as const),
          this.filter,
        )}
      </select>
      <span class="tally" role="status">
        ${
          shown.length === edges.length
            ? t('edges.tally', { n: edges.length, online })
            : t('edges.tally-of', { n: shown.length, total: edges.length })
        }
      </span>
    </div>`;
  }

  #renderNone() {
    return html`<sg-empty icon="search" heading=${t('edges.none-match')} text=${t('edges.none-match-text')}>
      <button
        type="button"
        class="btn"
        @click=${() => {
          this.text = '';
          this.filter = 'all';
        }}
      >
        ${t('edges.clear')}
      </button>
    </sg-empty>`;
  }

  async #open({ id }: PortalNode): Promise<void> {
    const ticket = await this.actions.run(id, () => createTicket(this.portal.api, id));
    this.actions.tellError(id);
    if (ticket !== undefined) this.goTo(ticket.url);
  }
}
customElements.define('sg-edges-panel', SgEdgesPanel);
