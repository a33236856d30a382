import type { Forward, ForwardPlan, NewForward } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-empty.ts';
import { pageHead, whenLoaded } from '../../shared/components/templates.ts';
import { showToast } from '../../shared/components/toast.ts';
import '../components/sg-forward-form.ts';
import type { ForwardDraft, SgForwardForm } from '../components/sg-forward-form.ts';
import '../components/sg-forward-table.ts';
import { addForward, planForward } from '../data/forwards.ts';
import { t } from '../messages.ts';
import { addressTable } from './address-actions.ts';
import { EdgePanel } from './edge-panel.ts';
import { confirmRemoveForward, switchForward } from './forward-actions.ts';

/** All forwards, and the form that adds one. `?host=&port=&protocol=` fills the form. */
export class SgForwardsPanel extends EdgePanel {
  static override properties = { ...EdgePanel.properties, plan: { state: true } };
  plan: ForwardPlan | undefined;
  readonly #forwards = this.live((edge) => edge.forwards);
  readonly #hosts = this.live((edge) => edge.hosts);
  readonly #addresses = this.live((edge) => edge.addresses);

  protected override render() {
    return html`${pageHead(t('menu.forwards'), t('forwards.descr'))}
      <div class="section">
        ${whenLoaded(this.#forwards.state, this.#forwards.retry, (forwards) =>
          forwards.length === 0 ? this.#renderEmpty() : this.#renderTable(forwards),
        )}
      </div>
      ${this.#renderAddresses()} ${this.#renderForm()}`;
  }

  #renderEmpty() {
    return html`<sg-empty icon="shuffle" heading=${t('forwards.empty')} text=${t('forwards.empty-text')}>
      <a class="btn" href=${this.router.href('/hosts')}>${t('forwards.to-hosts')}</a>
    </sg-empty>`;
  }

  #renderTable(forwards: readonly Forward[]) {
    const caller = { element: this, edge: this.edge, actions: this.actions };
    return html`<sg-forward-table
      .forwards=${[...forwards].sort((a, b) => a.edgePort - b.edgePort)}
      .hostNames=${new Map((this.#hosts.value ?? []).map(({ id, name }) => [id as string, name]))}
      hostBase=${this.router.href('/hosts')}
      .busyIds=${new Set(forwards.map(({ id }) => id as string).filter((id) => this.actions.isBusy(id)))}
      @sg-switch-forward=${({ detail: { id, enabled } }: CustomEvent<{ id: string; enabled: boolean }>) =>
        void switchForward(caller, id, enabled)}
      @sg-remove-forward=${({ detail: forward }: CustomEvent<Forward>) => void confirmRemoveForward(caller, forward)}
    ></sg-forward-table>`;
  }

  #renderAddresses() {
    const addresses = this.#addresses.value ?? [];
    if (addresses.length === 0) return nothing;
    const caller = { element: this, edge: this.edge, actions: this.actions };
    return html`<section class="section" aria-labelledby="addresses">
      <div class="section-head"><h3 id="addresses">${t('addresses.heading')}</h3></div>
      ${addressTable(caller, addresses, this.router.href('/hosts'))}
    </section>`;
  }

  #renderForm() {
    return html`<section class="section" aria-labelledby="add">
      <div class="section-head"><h3 id="add">${t('forwards.add')}</h3></div>
      <sg-forward-form
        .hosts=${this.#hosts.value ?? []}
        .draft=${this.#draft}
        .plan=${this.plan}
        .error=${this.actions.error('add')}
        ?busy=${this.actions.isBusy('add')}
        @sg-plan-forward=${this.#plan}
        @sg-add-forward=${this.#add}
      ></sg-forward-form>
    </section>`;
  }

  get #draft(): ForwardDraft {
    return {
      hostId: this.query.get('host') ?? '',
      targetPort: this.query.get('port') ?? '',
      protocol: this.query.get('protocol') ?? 'tcp',
    };
  }

  readonly #plan = async ({ detail: forward }: CustomEvent<NewForward>): Promise<void> => {
    this.plan = undefined;
    this.plan = await this.actions.run('add', () => planForward(this.edge.api, forward));
  };

  readonly #add = async ({ detail: forward }: CustomEvent<NewForward>): Promise<void> => {
    this.plan = undefined;
    const added = await this.actions.run('add', () => addForward(this.edge.api, forward));
    if (added === undefined) return;
    this.edge.forwards.put(added);
    this.renderRoot.querySelector<SgForwardForm>('sg-forward-form')?.reset();
    showToast(this, { tone: 'ok', text: t('form.added'), detail: added.url });
  };
}
customElements.define('sg-forwards-panel', SgForwardsPanel);
