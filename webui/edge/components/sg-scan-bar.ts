import type { Scan, Scope } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-progress.ts';
import '../../shared/components/sg-time.ts';
import { choices } from '../../shared/components/templates.ts';
import { t } from '../messages.ts';

const LAST = {
  done: 'scan.last-done',
  partial: 'scan.last-partial',
  cancelled: 'scan.last-cancelled',
  failed: 'scan.last-failed',
} as const;

/** Starts and follows a scan. Emits `sg-scan` (scope id, or '' for all) and `sg-cancel-scan` (scan id). */
export class SgScanBar extends SgElement {
  static override properties = {
    scan: { attribute: false },
    scopes: { attribute: false },
    busy: { type: Boolean },
  };
  static override styles = [
    SgElement.styles,
    css`
      .bar {
        display: flex;
        flex-wrap: wrap;
        gap: 10px 14px;
        align-items: center;
        padding: 14px 16px;
      }
      .bar select {
        width: auto;
        min-width: 200px;
      }
      .last {
        flex: 1 1 220px;
        color: var(--sg-text-muted);
      }
      .running {
        flex: 1 1 300px;
        min-width: 0;
      }
      .line {
        display: flex;
        gap: 12px;
        justify-content: space-between;
        margin-bottom: 6px;
      }
      .line strong {
        color: var(--sg-text-strong);
        font-weight: 600;
      }
      ul {
        padding-left: 18px;
      }
      sg-alert {
        margin: 0 16px 14px;
      }
      @media (max-width: 640px) {
        .bar select,
        .bar .btn {
          flex: 1 1 100%;
        }
      }
    `,
  ];
  scan: Scan | undefined;
  scopes: readonly Scope[] = [];
  busy = false;

  protected override render() {
    const { scan } = this;
    return html`<div class="section">
      <div class="bar">${scan?.state === 'running' ? this.#renderRunning(scan) : this.#renderIdle(scan)}</div>
      ${scan === undefined ? nothing : this.#renderNotices(scan)}
    </div>`;
  }

  #renderIdle(scan: Scan | undefined) {
    return html`<button type="button" class="btn btn-primary" ?disabled=${this.busy} @click=${this.#start}>
        <sg-icon name="scan"></sg-icon>${t('scan.start')}
      </button>
      ${
        this.scopes.length < 2
          ? nothing
          : html`<select aria-label=${t('scan.scope')}>
            ${choices(
              [
                ['', t('scan.all')],
                ...this.scopes.map(
                  ({ id, cidr, label }) => [id, label === '' ? cidr : `${label} (${cidr})`] as const,
                ),
              ],
              '',
            )}
          </select>`
      }
      <span class="last">${this.#renderLast(scan)}</span>`;
  }

  #renderLast(scan: Scan | undefined) {
    if (scan === undefined || scan.state === 'running') return t('scan.never');
    return html`${t(LAST[scan.state], { n: scan.hostsFound })} <sg-time .at=${scan.endedAt ?? scan.startedAt}></sg-time>`;
  }

  #renderRunning(scan: Scan) {
    const percent = `${Math.round(scan.progress * 100)} %`;
    return html`<div class="running">
        <div class="line">
          <span><strong>${t('scan.running')}</strong> <span class="muted">${scan.phase}</span></span>
          <span class="number nowrap" role="status">${t('scan.found', { n: scan.hostsFound })} · ${percent}${this.#renderRest(scan)}</span>
        </div>
        <sg-progress .value=${scan.progress} label=${t('scan.progress')}></sg-progress>
      </div>
      <button type="button" class="btn" ?disabled=${this.busy} @click=${() => this.emit('sg-cancel-scan', scan.id)}>
        ${t('scan.cancel')}
      </button>`;
  }

  #renderRest({ remainingSec }: Scan) {
    if (remainingSec === undefined || remainingSec < 1) return nothing;
    const n = remainingSec < 90 ? remainingSec : Math.round(remainingSec / 60);
    return html` · ${t(remainingSec < 90 ? 'scan.rest-sec' : 'scan.rest-min', { n })}`;
  }

  #renderNotices({ notices, state }: Scan) {
    if (notices.length === 0) return nothing;
    // What a whole scan remarks is no trouble.
    const tone = state === 'failed' ? 'error' : state === 'done' ? 'info' : 'warn';
    return html`<sg-alert tone=${tone}>
      ${notices.length === 1 ? notices[0] : html`<ul>${notices.map((notice) => html`<li>${notice}</li>`)}</ul>`}
    </sg-alert>`;
  }

  readonly #start = (): void => {
    this.emit('sg-scan', this.renderRoot.querySelector('select')?.value ?? '');
  };
}
customElements.define('sg-scan-bar', SgScanBar);
