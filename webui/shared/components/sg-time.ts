import { html } from 'lit';
import { formatAbsolute, formatRelative } from '../format/format.ts';
import { t } from '../i18n/common.ts';
import { SgElement } from './sg-element.ts';

const TICK_MS = 10_000;
const ticking = new Set<SgTime>();
let timer: ReturnType<typeof setInterval> | undefined;

/** "5 minutes ago", kept current; the title is the exact moment. One timer serves all. */
export class SgTime extends SgElement {
  static override properties = { at: { type: Number } };
  /** None of its own: it reads like the text around it. */
  static override styles = [];
  at: number | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    ticking.add(this);
    timer ??= setInterval(() => {
      for (const element of ticking) element.requestUpdate();
    }, TICK_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    ticking.delete(this);
    if (ticking.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  protected override render() {
    if (this.at === undefined) return html`${t('time.never')}`;
    return html`<time datetime=${new Date(this.at).toISOString()} title=${formatAbsolute(this.at)}
      >${formatRelative(this.at, Date.now())}</time
    >`;
  }
}
customElements.define('sg-time', SgTime);
