import { Task } from '@lit/task';
import type { PendingEnrolment } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-empty.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-skeleton.ts';
import '../../shared/components/sg-time.ts';
import { detail, pageHead } from '../../shared/components/templates.ts';
import { toApiError } from '../../shared/data/api-error.ts';
import '../components/sg-code-form.ts';
import { approveRequest, denyRequest, fetchRequest, parseCode } from '../data/enrolment.ts';
import { t } from '../messages.ts';
import { PortalPanel } from './portal-panel.ts';

/** `/approve?code=ABCD-EFGH`: shows what asks to join, and lets a person decide. Without a code, asks for it. */
export class SgApprovePanel extends PortalPanel {
  static override properties = { ...PortalPanel.properties, outcome: { state: true } };
  static override styles = [
    PortalPanel.styles,
    css`
      .code {
        font-family: var(--sg-mono);
        font-size: 24px;
        line-height: 32px;
        letter-spacing: 0.1em;
      }
      .section-body.actions {
        border-top: 1px solid var(--sg-border);
      }
    `,
  ];
  outcome: { readonly kind: 'approved' | 'denied'; readonly name: string } | undefined;
  readonly #request = new Task(this, {
    args: () => [this.#code] as const,
    task: async ([code], { signal }) =>
      code === undefined ? undefined : fetchRequest(this.portal.api, code, signal),
  });

  get #code(): string | undefined {
    return parseCode(this.query.get('code') ?? '');
  }

  protected override render() {
    return html`${pageHead(t('approve.title'), t('approve.descr'))}
    ${this.outcome === undefined ? this.#renderRequest() : this.#renderOutcome(this.outcome.kind, this.outcome.name)}`;
  }

  #renderRequest() {
    return this.#request.render({
      initial: () => this.#renderAsk(),
      pending: () => html`<sg-skeleton rows="3"></sg-skeleton>`,
      complete: (request) => (request === undefined ? this.#renderAsk() : this.#renderFound(request)),
      error: (cause) => html`<sg-alert .error=${toApiError(cause)}></sg-alert>${this.#renderAsk()}`,
    });
  }

  #renderAsk() {
    return html`<div class="section">
      <div class="section-body">
        <sg-code-form @sg-code=${({ detail: code }: CustomEvent<string>) => this.#ask(code)}></sg-code-form>
      </div>
    </div>`;
  }

  #renderFound(request: PendingEnrolment) {
    const error = this.actions.error('decide');
    const isBusy = this.actions.isBusy('decide');
    return html`<section class="section" aria-labelledby="asks">
      <div class="section-head"><h3 id="asks">${t('approve.asks', { name: request.name })}</h3></div>
      <dl class="details">
        ${detail(t('approve.code'), html`<span class="code">${request.code}</span>`)}
        ${detail(t('node.role'), t(`role.${request.role}`))} ${detail(t('node.platform'), request.platform)}
        ${detail(t('node.hostname'), request.hostname)}
        ${detail(t('approve.from'), html`<code>${request.fromAddress}</code>`)}
        ${detail(t('approve.since'), html`<sg-time .at=${request.createdAt}></sg-time>`)}
        ${detail(t('approve.expires'), html`<sg-time .at=${request.expiresAt}></sg-time>`)}
      </dl>
      ${error === undefined ? nothing : html`<div class="section-body"><sg-alert .error=${error}></sg-alert></div>`}
      <div class="section-body actions">
        <button class="btn btn-primary" type="button" ?disabled=${isBusy} @click=${() => void this.#decide(request, 'approved')}>
          <sg-icon name="check" size="16"></sg-icon>${t('approve.approve')}
        </button>
        <button class="btn btn-danger" type="button" ?disabled=${isBusy} @click=${() => void this.#decide(request, 'denied')}>
          ${t('approve.deny')}
        </button>
      </div>
    </section>`;
  }

  #renderOutcome(kind: 'approved' | 'denied', name: string) {
    return html`<div class="section">
      <sg-empty
        icon=${kind === 'approved' ? 'check' : 'close'}
        heading=${t(`approve.${kind}`, { name })}
        text=${kind === 'approved' ? t('approve.approved-text') : ''}
      >
        <a class="btn" href=${this.router.href('/')}>${t('menu.edges')}</a>
        <button type="button" class="btn" @click=${() => this.#ask('')}>${t('approve.other')}</button>
      </sg-empty>
    </div>`;
  }

  #ask(code: string): void {
    this.outcome = undefined;
    this.router.navigate(code === '' ? '/approve' : `/approve?code=${code}`);
  }

  async #decide({ code, name }: PendingEnrolment, kind: 'approved' | 'denied'): Promise<void> {
    const decide = kind === 'approved' ? approveRequest : denyRequest;
    const done = await this.actions.run('decide', async () => {
      await decide(this.portal.api, code);
      return true;
    });
    if (done === true) this.outcome = { kind, name };
  }
}
customElements.define('sg-approve-panel', SgApprovePanel);
