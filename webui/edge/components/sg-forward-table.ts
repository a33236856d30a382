import type { Forward } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import '../../shared/components/sg-copy.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-switch.ts';
import '../../shared/components/sg-time.ts';
import { formatBytes } from '../../shared/format/format.ts';
import { isWebUrl } from '../data/forwards.ts';
import { t } from '../messages.ts';

/** A name for a forward that has no label. */
const nameOf = (forward: Forward): string => (forward.label === '' ? `:${forward.edgePort}` : forward.label);

/** Forwards as rows. Emits `sg-switch-forward` ({ id, enabled }) and `sg-remove-forward` (the forward). */
export class SgForwardTable extends SgElement {
  static override properties = {
    forwards: { attribute: false },
    hostNames: { attribute: false },
    hostBase: { type: String },
    busyIds: { attribute: false },
  };
  static override styles = [
    SgElement.styles,
    css`
      .off .url,
      .off .cell-title {
        opacity: 0.75;
      }
      .url {
        overflow-wrap: anywhere;
      }
      .arrow {
        color: var(--sg-text-muted);
      }
    `,
  ];
  forwards: readonly Forward[] = [];
  hostNames: ReadonlyMap<string, string> = new Map();
  hostBase = '/hosts';
  busyIds: ReadonlySet<string> = new Set();

  protected override render() {
    return html`<table class="table" role="table" aria-label=${t('forwards.table')}>
      <thead role="rowgroup">
        <tr class="tr" role="row">
          <th class="th" role="columnheader">${t('forward.what')}</th>
          <th class="th" role="columnheader">${t('forward.url')}</th>
          <th class="th" role="columnheader">${t('forward.target')}</th>
          <th class="th" role="columnheader">${t('forward.traffic')}</th>
          <th class="th" role="columnheader">${t('forward.state')}</th>
          <th class="th end" role="columnheader"><span class="visually-hidden">${t('forward.remove')}</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          this.forwards,
          (forward) => forward.id,
          (forward) => this.#renderRow(forward),
        )}
      </tbody>
    </table>`;
  }

  #renderRow(forward: Forward) {
    const name = nameOf(forward);
    return html`<tr class="tr ${forward.enabled ? '' : 'off'}" role="row">
      <td class="td lead" role="cell">
        <div class="cell-title">${name}</div>
        <div class="cell-sub">${t('forward.owner', { name: forward.owner })}</div>
        ${this.#renderEnd(forward)}
      </td>
      <td class="td" role="cell" data-title=${t('forward.url')}>${this.#renderUrl(forward, name)}</td>
      <td class="td" role="cell" data-title=${t('forward.target')}>${this.#renderTarget(forward)}</td>
      <td class="td nowrap number" role="cell" data-title=${t('forward.traffic')}>
        <div>
          ${formatBytes(forward.bytes)}
          <div class="cell-sub">${t('forward.connections', { n: forward.connections })}</div>
        </div>
      </td>
      <td class="td" role="cell" data-title=${t('forward.state')}>
        <sg-switch
          label=${t('forward.switch', { name })}
          .on=${forward.enabled}
          .text=${t(forward.enabled ? 'forward.on' : 'forward.off')}
          ?disabled=${this.busyIds.has(forward.id)}
          @sg-change=${() => this.emit('sg-switch-forward', { id: forward.id, enabled: !forward.enabled })}
        ></sg-switch>
      </td>
      <td class="td end" role="cell">
        <button
          type="button"
          class="btn btn-small btn-danger"
          aria-label=${t('forward.remove-label', { name })}
          @click=${() => this.emit('sg-remove-forward', forward)}
        >
          <sg-icon name="trash" size="15"></sg-icon>${t('forward.remove')}
        </button>
      </td>
    </tr>`;
  }

  #renderEnd({ expiresAt }: Forward) {
    if (expiresAt === undefined) return nothing;
    return html`<div class="cell-sub">${t('forward.ends')} <sg-time .at=${expiresAt}></sg-time></div>`;
  }

  #renderUrl({ url, enabled }: Forward, name: string) {
    const text =
      enabled && isWebUrl(url)
        ? html`<a class="url" href=${url} target="_blank" rel="noopener noreferrer">${url}</a>`
        : html`<code class="url">${url}</code>`;
    return html`<span class="copyable">${text}<sg-copy .value=${url} what=${t('forward.copy', { name })}></sg-copy></span>`;
  }

  #renderTarget({ target, targetAddress, targetPort, portCount = 1, protocol }: Forward) {
    const address = target.kind === 'address' ? target.address : targetAddress;
    const place =
      address === undefined
        ? html`<span title=${t('forward.target-missing-title')}>${t('forward.target-missing')}</span>`
        : html`<code>${address}:${targetPort}${portCount > 1 ? `-${targetPort + portCount - 1}` : ''}</code>`;
    const title =
      target.kind === 'host'
        ? html`<a href="${this.hostBase}/${target.hostId}">${this.hostNames.get(target.hostId) ?? t('forward.unknown-host')}</a>`
        : nothing;
    return html`<div>
      ${title}
      <div class="cell-sub">${place} <span class="nowrap">${protocol === 'both' ? 'tcp + udp' : protocol}</span></div>
    </div>`;
  }
}
customElements.define('sg-forward-table', SgForwardTable);
