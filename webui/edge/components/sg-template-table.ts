import type { TemplateView } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import '../../shared/components/sg-badge.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-icon.ts';
import { formatSpan } from '../../shared/format/format.ts';
import { t } from '../messages.ts';

/** Templates as rows. Emits `sg-apply-template`, `sg-edit-template` and `sg-remove-template` with the template. */
export class SgTemplateTable extends SgElement {
  static override properties = { templates: { attribute: false }, busyNames: { attribute: false } };
  static override styles = [
    SgElement.styles,
    css`
      .fault {
        color: var(--sg-error);
        overflow-wrap: anywhere;
      }
    `,
  ];
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
    const { name, from, auto, kinds, macPrefixes, hostIds, fault } = template;
    const of = [...kinds.map((kind) => t(`kind.${kind}`)), ...macPrefixes].join(', ');
    return html`<tr class="tr" role="row">
      <td class="td lead" role="cell">
        <div class="cell-title">${name}</div>
        <div class="cell-sub badges">
          ${t(`template.from-${from}`)}
          ${auto ? html`<sg-badge tone="warn">${t('template.auto')}</sg-badge>` : nothing}
          ${fault === undefined ? nothing : html`<sg-badge tone="error">${t('template.faulty')}</sg-badge>`}
        </div>
      </td>
      ${
        fault === undefined
          ? html`<td class="td" role="cell" data-title=${t('template.publishes')}>${this.#renderWhat(template)}</td>
              <td class="td" role="cell" data-title=${t('template.of')}>${of === '' ? t('template.named') : of}</td>
              <td class="td number" role="cell" data-title=${t('template.hosts')}>${hostIds.length}</td>
              <td class="td end" role="cell"><div class="actions">${this.#renderActions(template)}</div></td>`
          : html`<td class="td fault" role="cell" colspan="4" data-title=${t('template.why')}>${fault}</td>`
      }
    </tr>`;
  }

  #renderWhat({ as, ports, allow, forSec }: TemplateView) {
    const sub = (text: string) => html`<div class="cell-sub">${text}</div>`;
    return html`<div>
      ${as === 'address' ? t('template.address') : nothing}
      ${ports.length === 0 ? nothing : html`<code>${ports.join(', ')}</code>`}
      ${allow.length === 0 ? nothing : sub(t('forward.only-for', { who: allow.join(', ') }))}
      ${forSec === undefined ? nothing : sub(t('template.for', { span: formatSpan(forSec * 1_000) }))}
    </div>`;
  }

  #renderActions(template: TemplateView) {
    const { name, from, hostIds } = template;
    const isBusy = this.busyNames.has(name);
    const action = (verb: 'apply' | 'edit' | 'remove', content: unknown, isOff = false) => html`<button
      type="button"
      class="btn btn-small ${verb === 'remove' ? 'btn-danger' : ''}"
      aria-label=${t(`template.${verb}-label`, { name })}
      ?disabled=${isBusy || isOff}
      @click=${() => this.emit(`sg-${verb}-template`, template)}
    >
      ${content}
    </button>`;
    return html`${action('apply', t('template.apply'), hostIds.length === 0)}
    ${from === 'config' ? nothing : action('edit', html`<sg-icon name="edit" size="15"></sg-icon>${t('action.edit')}`)}
    ${from === 'here' ? action('remove', html`<sg-icon name="trash" size="15"></sg-icon>${t('forward.remove')}`) : nothing}`;
  }
}
customElements.define('sg-template-table', SgTemplateTable);
