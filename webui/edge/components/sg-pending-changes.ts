import type { PendingChange } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import { t } from '../messages.ts';

const TICK_MS = 1_000;

/** Changes that are put back unless somebody keeps them, with the time that is left. Emits `sg-confirm` and `sg-undo`. */
export class SgPendingChanges extends SgElement {
  static override properties = { pending: { attribute: false }, busy: { type: Boolean } };
  pending: readonly PendingChange[] = [];
  busy = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  protected override updated(): void {
    if (this.pending.length === 0) this.#stop();
    else this.#timer ??= setInterval(() => this.requestUpdate(), TICK_MS);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  protected override render() {
    if (this.pending.length === 0) return nothing;
    const endsAt = Math.min(...this.pending.map((change) => change.endsAt));
    const sec = Math.max(0, Math.ceil((endsAt - Date.now()) / 1_000));
    return html`<sg-alert tone="warn" role="status" heading=${t('pending.heading')}>
      ${t('pending.text', { what: this.pending.map(({ what }) => what).join(', ') })}
      <span aria-hidden="true">${t('pending.left', { n: sec })}</span>
      <div slot="actions" class="actions">
        <button type="button" class="btn btn-primary" ?disabled=${this.busy} @click=${() => this.emit('sg-confirm')}>
          ${t('pending.keep')}
        </button>
        <button type="button" class="btn" ?disabled=${this.busy} @click=${() => this.emit('sg-undo')}>
          ${t('pending.undo')}
        </button>
      </div>
    </sg-alert>`;
  }
}
customElements.define('sg-pending-changes', SgPendingChanges);
