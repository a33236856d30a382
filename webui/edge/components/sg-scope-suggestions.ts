import type { ScopeSuggestion } from '@sidegate/protocol';
import { css, html } from 'lit';
import '../../shared/components/sg-alert.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-icon.ts';
import { t } from '../messages.ts';

/** Networks nearby that nobody has added. Emits `sg-look`, and `sg-add-scope` with the one to take. */
export class SgScopeSuggestions extends SgElement {
  static override properties = {
    suggestions: { attribute: false },
    busy: { type: Boolean },
    addingCidr: { type: String },
  };
  static override styles = [
    SgElement.styles,
    css`
      ul {
        padding: 0;
        margin: 0;
        list-style: none;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 16px;
        align-items: center;
        justify-content: space-between;
        padding: 12px 16px;
        border-top: 1px solid var(--sg-border);
      }
    `,
  ];
  /** Absent before anybody looked. */
  suggestions: readonly ScopeSuggestion[] | undefined;
  busy = false;
  addingCidr = '';

  protected override render() {
    return html`<section class="section" aria-labelledby="nearby">
      <div class="section-head">
        <h3 id="nearby">${t('nearby.heading')}</h3>
        <button type="button" class="btn btn-small" ?disabled=${this.busy} @click=${() => this.emit('sg-look')}>
          <sg-icon name="search" size="15"></sg-icon>${this.busy ? t('nearby.looking') : t('nearby.look')}
        </button>
        <p class="cell-sub" role="status">
          ${this.suggestions?.length === 0 && !this.busy ? t('nearby.none') : t('nearby.descr')}
        </p>
      </div>
      <ul>
        ${(this.suggestions ?? []).map((one) => this.#renderOne(one))}
      </ul>
    </section>`;
  }

  #renderOne(suggestion: ScopeSuggestion) {
    const { cidr, label, why } = suggestion;
    return html`<li>
      <div>
        <div class="cell-title">${label === '' ? cidr : html`${label} <code>${cidr}</code>`}</div>
        <div class="cell-sub">${why}</div>
      </div>
      <button
        type="button"
        class="btn btn-small btn-primary"
        aria-label=${t('nearby.add-label', { cidr })}
        ?disabled=${this.addingCidr === cidr}
        @click=${() => this.emit('sg-add-scope', suggestion)}
      >
        ${t('nearby.add')}
      </button>
    </li>`;
  }
}
customElements.define('sg-scope-suggestions', SgScopeSuggestions);
