import type { AccessLog } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-empty.ts';
import { moreButton, pageHead, searchBox, whenLoaded } from '../../shared/components/templates.ts';
import '../components/sg-access-table.ts';
import { searchAccess } from '../data/access-log.ts';
import { t } from '../messages.ts';
import { EdgePanel } from './edge-panel.ts';

/** No event tells of every connection: who looks asks again. */
const REFRESH_MS = 10_000;
const PAGE = 50;

/** The log of who opened what is published. */
export class SgAccessPanel extends EdgePanel {
  static override properties = {
    ...EdgePanel.properties,
    text: { state: true },
    shown: { state: true },
  };
  text = '';
  shown = PAGE;
  readonly #log = this.live((edge) => edge.accessLog);
  #timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(this.#log.retry, REFRESH_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  protected override render() {
    return html`${pageHead(t('menu.access'), t('access.descr'))}
    ${whenLoaded(this.#log.state, this.#log.retry, (log) => this.#renderLog(log))}`;
  }

  #renderLog({ entries, notice }: AccessLog) {
    const found = searchAccess(entries, this.text);
    return html`${notice === undefined ? nothing : html`<sg-alert tone="warn" heading=${notice}></sg-alert>`}
      ${entries.length === 0 ? nothing : this.#renderSearch()}
      <div class="section">
        ${
          found.length === 0
            ? this.#renderEmpty(entries.length === 0)
            : html`<sg-access-table .entries=${found.slice(0, this.shown)}></sg-access-table>`
        }
        ${moreButton(found.length - this.shown, () => {
          this.shown += PAGE;
        })}
      </div>`;
  }

  #renderSearch() {
    return html`<div class="toolbar">
      ${searchBox(t('access.search'), this.text, (text) => {
        this.text = text;
      })}
    </div>`;
  }

  #renderEmpty(isAll: boolean) {
    return html`<sg-empty
      icon="list"
      heading=${t(isAll ? 'access.empty' : 'access.none-match')}
      text=${t(isAll ? 'access.empty-text' : 'access.none-match-text')}
    ></sg-empty>`;
  }
}
customElements.define('sg-access-panel', SgAccessPanel);
