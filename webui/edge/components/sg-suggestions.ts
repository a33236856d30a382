import type { Forward, Host, Suggestion } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-icon.ts';
import { forwardOfService } from '../data/forwards.ts';
import { t } from '../messages.ts';

/** What people publish of such a device, a click each, without what is published already. Emits `sg-publish`. */
export class SgSuggestions extends SgElement {
  static override properties = {
    host: { attribute: false },
    forwards: { attribute: false },
    busyKeys: { attribute: false },
  };
  static override styles = [
    SgElement.styles,
    css`
      .bar {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 10px;
        align-items: center;
        margin-bottom: 16px;
      }
    `,
  ];
  host: Host | undefined;
  forwards: readonly Forward[] = [];
  busyKeys: ReadonlySet<string> = new Set();

  protected override render() {
    const open = (this.host?.suggestions ?? []).filter(
      ({ port, protocol }) => forwardOfService(this.forwards, { port, protocol }) === undefined,
    );
    if (open.length === 0) return nothing;
    return html`<div class="bar" role="group" aria-label=${t('suggestions.label')}>
      <span class="muted">${t('suggestions.label')}</span>
      ${open.map((one, at) => this.#renderOne(one, at === 0))}
    </div>`;
  }

  #renderOne(suggestion: Suggestion, isFirst: boolean) {
    const { label, port, protocol } = suggestion;
    return html`<button
      type="button"
      class="btn ${isFirst ? 'btn-primary' : ''}"
      ?disabled=${this.busyKeys.has(`${protocol}-${port}`)}
      @click=${() => this.emit('sg-publish', { protocol, port, name: label })}
    >
      <sg-icon name="gate" size="16"></sg-icon>${t('suggestions.publish', { label, port })}
    </button>`;
  }
}
customElements.define('sg-suggestions', SgSuggestions);
