import type { Forward, ForwardPlan, ImportPlan, NewForward } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-empty.ts';
import { pageHead, whenLoaded } from '../../shared/components/templates.ts';
import { showToast } from '../../shared/components/toast.ts';
import '../components/sg-forward-form.ts';
import { download } from '../components/download.ts';
import type { ForwardDraft, SgForwardForm } from '../components/sg-forward-form.ts';
import '../components/sg-forward-table.ts';
import type { ChosenFile, SgPublicationFile } from '../components/sg-publication-file.ts';
import '../components/sg-publication-file.ts';
import { addForward, planForward } from '../data/forwards.ts';
import { fetchPublications, importPublications } from '../data/publications.ts';
import { t } from '../messages.ts';
import { addressTable } from './address-actions.ts';
import { EdgePanel } from './edge-panel.ts';
import { confirmRemoveForward, switchForward } from './forward-actions.ts';
import { templateTable } from './template-actions.ts';

/** All forwards, and the form that adds one. `?host=&port=&protocol=` fills the form. */
export class SgForwardsPanel extends EdgePanel {
  static override properties = {
    ...EdgePanel.properties,
    plan: { state: true },
    importPlan: { state: true },
  };
  plan: ForwardPlan | undefined;
  importPlan: ImportPlan | undefined;
  readonly #forwards = this.live((edge) => edge.forwards);
  readonly #hosts = this.live((edge) => edge.hosts);
  readonly #addresses = this.live((edge) => edge.addresses);
  readonly #templates = this.live((edge) => edge.templates);

  protected override render() {
    return html`${pageHead(t('menu.forwards'), t('forwards.descr'))}
      <div class="section">
        ${whenLoaded(this.#forwards.state, this.#forwards.retry, (forwards) =>
          forwards.length === 0 ? this.#renderEmpty() : this.#renderTable(forwards),
        )}
      </div>
      ${this.#renderAddresses()} ${this.#renderForm()} ${this.#renderTemplates()} ${this.#renderFile()}`;
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

  #renderTemplates() {
    const caller = { element: this, edge: this.edge, actions: this.actions };
    return html`<section class="section" aria-labelledby="templates">
      <div class="section-head">
        <h3 id="templates">${t('templates.heading')}</h3>
        <p class="cell-sub">${t('templates.descr')}</p>
      </div>
      ${whenLoaded(this.#templates.state, this.#templates.retry, (templates) => templateTable(caller, templates))}
    </section>`;
  }

  #renderFile() {
    return html`<section class="section" aria-labelledby="file">
      <div class="section-head">
        <h3 id="file">${t('file.heading')}</h3>
        <p class="cell-sub">${t('file.descr')}</p>
      </div>
      <sg-publication-file
        .plan=${this.importPlan}
        .error=${this.actions.error('file')}
        ?busy=${this.actions.isBusy('file')}
        @sg-export=${this.#export}
        @sg-plan-import=${this.#planImport}
        @sg-import=${this.#import}
        @sg-cancel-import=${() => {
          this.importPlan = undefined;
          this.actions.clear('file');
        }}
      ></sg-publication-file>
    </section>`;
  }

  get #draft(): ForwardDraft {
    return {
      hostId: this.query.get('host') ?? '',
      targetPort: this.query.get('port') ?? '',
      protocol: this.query.get('protocol') ?? 'tcp',
    };
  }

  readonly #export = async (): Promise<void> => {
    const file = await this.actions.run('file', () => fetchPublications(this.edge.api));
    if (file === undefined) return;
    const name = file.edge?.split('.')[0] ?? 'edge';
    download(`${name}-publications.json`, 'application/json', `${JSON.stringify(file, undefined, 2)}\n`);
  };

  readonly #planImport = async ({ detail: { file, isReplace } }: CustomEvent<ChosenFile>): Promise<void> => {
    this.importPlan = await this.actions.run('file', () =>
      importPublications(this.edge.api, file, { isReplace, isDryRun: true }),
    );
  };

  readonly #import = async ({ detail: { file, isReplace } }: CustomEvent<ChosenFile>): Promise<void> => {
    const done = await this.actions.run('file', () =>
      importPublications(this.edge.api, file, { isReplace, isDryRun: false }),
    );
    if (done === undefined) return;
    this.renderRoot.querySelector<SgPublicationFile>('sg-publication-file')?.reset();
    showToast(this, { tone: 'ok', text: t('file.done') });
  };

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
