import type { HostChange, HostChanges } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import '../../shared/components/sg-badge.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-time.ts';
import { t } from '../messages.ts';

/** Changes named one by one; the rest are a number. */
const SHOWN = 6;
const TONES = { new: 'info', back: 'ok', moved: 'neutral', gone: 'warn' } as const;

/** What is new, gone, back or moved since somebody looked. Emits `sg-seen`. Nothing where nothing changed. */
export class SgHostChanges extends SgElement {
  static override properties = {
    changes: { attribute: false },
    busy: { type: Boolean },
    base: { type: String },
  };
  static override styles = [
    SgElement.styles,
    css`
      .head {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 14px;
        align-items: center;
        justify-content: space-between;
        padding: 12px 16px 4px;
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 6px 22px;
        padding: 4px 16px 14px;
        margin: 0;
        list-style: none;
      }
      li {
        display: inline-flex;
        flex-wrap: wrap;
        gap: 4px 8px;
        align-items: center;
        overflow-wrap: anywhere;
      }
    `,
  ];
  changes: HostChanges | undefined;
  busy = false;
  base = '/hosts';

  protected override render() {
    const { since = 0, changes = [] } = this.changes ?? {};
    // Before anybody looked everything is new, which the list itself says.
    if (since === 0 || changes.length === 0) return nothing;
    return html`<section class="section" aria-labelledby="changes">
      <div class="head">
        <h3 id="changes">${t('changes.heading', { n: changes.length })} <sg-time .at=${since}></sg-time></h3>
        <button type="button" class="btn btn-small" ?disabled=${this.busy} @click=${() => this.emit('sg-seen')}>
          ${t('changes.seen')}
        </button>
      </div>
      <ul>
        ${changes.slice(0, SHOWN).map((change) => this.#renderChange(change))}
        ${changes.length > SHOWN ? html`<li class="muted">${t('hosts.more-services', { n: changes.length - SHOWN })}</li>` : nothing}
      </ul>
    </section>`;
  }

  #renderChange({ hostId, name, what, from, to }: HostChange) {
    const moved = what === 'moved' ? html`<span class="muted mono">${from} → ${to}</span>` : nothing;
    return html`<li>
      <sg-badge tone=${TONES[what]}>${t(`changes.${what}`)}</sg-badge>
      <a href="${this.base}/${hostId}">${name}</a>${moved}
    </li>`;
  }
}
customElements.define('sg-host-changes', SgHostChanges);
