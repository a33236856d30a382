import type { EnrolmentKey } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-badge.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-time.ts';
import { t } from '../messages.ts';
import { nodeTags } from './node-badges.ts';

const TONES = { valid: 'ok', used: 'neutral', expired: 'neutral', revoked: 'error' } as const;

/** Enrolment keys as rows. Emits `sg-revoke` with the key. */
export class SgKeyTable extends SgElement {
  static override properties = { keys: { attribute: false } };
  keys: readonly EnrolmentKey[] = [];

  protected override render() {
    const rows = [...this.keys].sort((a, b) => b.createdAt - a.createdAt);
    return html`<table class="table" role="table" aria-label=${t('add.keys')}>
      <thead role="rowgroup">
        <tr class="tr" role="row">
          <th class="th" role="columnheader">${t('key.label')}</th>
          <th class="th" role="columnheader">${t('key.role')}</th>
          <th class="th" role="columnheader">${t('key.uses')}</th>
          <th class="th" role="columnheader">${t('key.expires')}</th>
          <th class="th" role="columnheader">${t('key.state')}</th>
          <th class="th end" role="columnheader"><span class="visually-hidden">${t('key.revoke')}</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map((key) => this.#renderRow(key))}
      </tbody>
    </table>`;
  }

  #renderRow(key: EnrolmentKey) {
    const label = key.label === '' ? t('key.unnamed') : key.label;
    return html`<tr class="tr" role="row">
      <td class="td lead" role="cell">
        <span class="badges"><span class="cell-title">${label}</span>${nodeTags(key.tags)}</span>
        <div class="cell-sub">${t(key.reusable ? 'key.reusable' : 'key.once')}</div>
      </td>
      <td class="td" role="cell" data-title=${t('key.role')}>${t(`role.${key.role}`)}</td>
      <td class="td nowrap" role="cell" data-title=${t('key.uses')}>${t('key.times', { n: key.uses })}</td>
      <td class="td nowrap" role="cell" data-title=${t('key.expires')}><sg-time .at=${key.expiresAt}></sg-time></td>
      <td class="td" role="cell" data-title=${t('key.state')}>
        <span><sg-badge tone=${TONES[key.state]} dot>${t(`key-state.${key.state}`)}</sg-badge></span>
      </td>
      <td class="td end" role="cell">
        ${
          key.state === 'valid'
            ? html`<button
              type="button"
              class="btn btn-small btn-danger"
              aria-label=${t('key.revoke-label', { label })}
              @click=${() => this.emit('sg-revoke', key)}
            >
              ${t('key.revoke')}
            </button>`
            : nothing
        }
      </td>
    </tr>`;
  }
}
customElements.define('sg-key-table', SgKeyTable);
