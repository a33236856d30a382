import type { TemplateView } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-badge.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-icon.ts';
import { t } from '../messages.ts';

/** Templates as rows. Emits `sg-apply-template` and `sg-remove-template` with the template. */
export class SgTemplateTable extends SgElement {
  static override properties = { templates: { attribute: false }, busyNames: { attribute: false } };
  templates: readonly TemplateView[] = [];
  busyNames: ReadonlySet<string> = new Set();

  protected override render() {
    const column = (text: string) => html`<th class="th" role="columnheader">${text}</th>`;
    return html`<table class="table" role="table" aria-label=${t('templates.heading')}>
      <thead role="rowgroup">
        <tr class="tr" role="row">
          ${column(t('forward.what'))} ${column(t('template.publishes'))} ${column(t('template.of'))}
          ${column(t('template.hosts'))}
          <th class="th end" role="columnheader"><span class="visually-hidden">${t('template.apply')}</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${this.templates.map((template) => this.#renderRow(template))}
      </tbody>
    </table>`;
  }

  #renderRow(template: TemplateView) {
    const { name, from, auto, as, ports, kinds, macPrefixes, allow, hostIds } = template;
    const isBusy = this.busyNames.has(name);
    const of = [...kinds.map((kind) => t(`kind.${kind}`)), ...macPrefixes].join(', ');
    return html`<tr class="tr" role="row">
      <td class="td lead" role="cell">
        <div class="cell-title">${name}</div>
        <div class="cell-sub badges">
          ${t(`template.from-${from}`)}
          ${auto ? html`<sg-badge tone="warn">${t('template.auto')}</sg-badge>` : nothing}
        </div>
      </td>
      <td class="td" role="cell" data-title=${t('template.publishes')}>
        <div>
          ${as === 'address' ? t('template.address') : nothing} ${ports.length === 0 ? nothing : html`<code>${ports.join(', ')}</code>`}
          ${allow.length === 0 ? nothing : html`<div class="cell-sub">${t('template.allow', { who: allow.join(', ') })}</div>`}
        </div>
      </td>
      <td class="td" role="cell" data-title=${t('template.of')}>${of === '' ? t('template.named') : of}</td>
      <td class="td number" role="cell" data-title=${t('template.hosts')}>${hostIds.length}</td>
      <td class="td end" role="cell">
        <div class="actions">
          <button
            type="button"
            class="btn btn-small"
            aria-label=${t('template.apply-label', { name })}
            ?disabled=${isBusy || hostIds.length === 0}
            @click=${() => this.emit('sg-apply-template', template)}
          >
            ${t('template.apply')}
          </button>
          ${
            from === 'here'
              ? html`<button
                  type="button"
                  class="btn btn-small btn-danger"
                  aria-label=${t('template.remove-label', { name })}
                  ?disabled=${isBusy}
                  @click=${() => this.emit('sg-remove-template', template)}
                >
                  <sg-icon name="trash" size="15"></sg-icon>${t('forward.remove')}
                </button>`
              : nothing
          }
        </div>
      </td>
    </tr>`;
  }
}
customElements.define('sg-template-table', SgTemplateTable);
