import type { PortalNode } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import '../../shared/components/sg-badge.ts';
import '../../shared/components/sg-empty.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-time.ts';
import { copyable, pageHead, searchBox, whenLoaded } from '../../shared/components/templates.ts';
import { nodeTags } from '../components/node-badges.ts';
import { selectNodes } from '../data/select-nodes.ts';
import { t } from '../messages.ts';
import { PortalPanel } from './portal-panel.ts';

/** Clients and relays of the account. */
export class SgMachinesPanel extends PortalPanel {
  static override properties = { ...PortalPanel.properties, text: { state: true } };
  text = '';
  readonly #nodes = this.live((portal) => portal.nodes);

  protected override render() {
    const add = html`<a class="btn btn-primary" href=${this.router.href('/device')}><sg-icon name="phone" size="16"></sg-icon>${t('device.add')}</a>
      <a class="btn" href=${this.router.href('/add')}><sg-icon name="plus" size="16"></sg-icon>${t('menu.add')}</a>`;
    return html`${pageHead(t('menu.machines'), t('machines.descr'), add)}
    ${whenLoaded(this.#nodes.state, this.#nodes.retry, (nodes) => this.#renderMachines(nodes.filter(({ role }) => role !== 'edge')))}`;
  }

  #renderMachines(machines: readonly PortalNode[]) {
    if (machines.length === 0) {
      return html`<div class="section">
        <sg-empty icon="computer" heading=${t('machines.empty')} text=${t('machines.empty-text')}></sg-empty>
      </div>`;
    }
    return html`<div class="toolbar">
        ${searchBox(t('machines.search'), this.text, (text) => {
          this.text = text;
        })}
      </div>
      <div class="section">
        <table class="table" role="table" aria-label=${t('machines.table')}>
          <thead role="rowgroup">
            <tr class="tr" role="row">
              <th class="th" role="columnheader">${t('machine.name')}</th>
              <th class="th" role="columnheader">${t('node.role')}</th>
              <th class="th" role="columnheader">${t('edge.address')}</th>
              <th class="th" role="columnheader">${t('machine.owner')}</th>
              <th class="th" role="columnheader">${t('edge.seen')}</th>
            </tr>
          </thead>
          <tbody role="rowgroup">
            ${repeat(
              selectNodes(machines, this.text, 'all'),
              (node) => node.id,
              (node) => this.#renderRow(node),
            )}
          </tbody>
        </table>
      </div>`;
  }

  #renderRow(node: PortalNode) {
    return html`<tr class="tr" role="row">
      <td class="td lead" role="cell">
        <div class="with-icon">
          <sg-icon name=${node.profile !== undefined ? 'phone' : node.role === 'client' ? 'computer' : node.role} size="20"></sg-icon>
          <div>
            <span class="badges">
              <a class="cell-title" href=${this.router.href(`/nodes/${node.id}`)}>${node.name}</a>${nodeTags(node.tags)}${
                node.profile?.isOutOfDate === true
                  ? html`<sg-badge tone="warn">${t('device.out-of-date')}</sg-badge>`
                  : nothing
              }
            </span>
            <div class="cell-sub">${node.platform}</div>
          </div>
        </div>
      </td>
      <td class="td" role="cell" data-title=${t('node.role')}>${t(`role.${node.role}`)}</td>
      <td class="td" role="cell" data-title=${t('edge.address')}>${copyable(node.address4, t('edge.address'))}</td>
      <td class="td" role="cell" data-title=${t('machine.owner')}>${node.owner?.name ?? '–'}</td>
      <td class="td nowrap" role="cell" data-title=${t('edge.seen')}>
        ${
          node.online
            ? html`<sg-badge tone="ok" dot plain>${t('edge.online')}</sg-badge>`
            : html`<span class="muted"><sg-time .at=${node.lastSeenAt}></sg-time></span>`
        }
      </td>
    </tr>`;
  }
}
customElements.define('sg-machines-panel', SgMachinesPanel);
