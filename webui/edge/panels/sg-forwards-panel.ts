import type { ForwardPlan, ImportPlan, NewForward } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-empty.ts';
import '../../shared/components/sg-icon.ts';
import { pageHead, whenLoaded } from '../../shared/components/templates.ts';
import { showToast } from '../../shared/components/toast.ts';
import '../components/sg-forward-form.ts';
import { download } from '../components/download.ts';
import { healthAlert } from '../components/health-alert.ts';
import type { ForwardDraft, SgForwardForm } from '../components/sg-forward-form.ts';
import type { ChosenFile, SgPublicationFile } from '../components/sg-publication-file.ts';
import '../components/sg-publication-file.ts';
import { addForward, planForward } from '../data/forwards.ts';
import { fetchPublications, importPublications } from '../data/publications.ts';
import { t } from '../messages.ts';
import { addressTable } from './address-actions.ts';
import { EdgePanel } from './edge-panel.ts';
import { forwardTable } from './forward-actions.ts';
import { tableWords } from './publication-actions.ts';
import { editTemplate, templateTable } from './template-actions.ts';

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
  readonly #peers = this.live((edge) => edge.peers);
  readonly #accessLog = this.live((edge) => edge.accessLog);
  readonly #status = this.live((edge) => edge.status);

  protected override render() {
    return html`${pageHead(t('menu.forwards'), t('forwards.descr'))} ${this.#renderHealth()}
      <div class="section">
        ${whenLoaded(this.#forwards.state, this.#forwards.retry, (forwards) =>
          forwards.length === 0 ? this.#renderEmpty() : forwardTable(this.#caller, forwards, this.#words),
        )}
      </div>
      ${this.#renderAddresses()} ${this.#renderForm()} ${this.#renderTemplates()} ${this.#renderFile()}`;
  }

  /** What keeps publications from working: an obstacle of another firewall, a faulty template. */
  #renderHealth() {
    const health = this.#status.value?.health ?? [];
    return health.filter(({ source }) => source === 'forwarding').map(healthAlert);
  }

  #renderEmpty() {
    return html`<sg-empty icon="shuffle" heading=${t('forwards.empty')} text=${t('forwards.empty-text')}>
      <a class="btn" href=${this.router.href('/hosts')}>${t('forwards.to-hosts')}</a>
    </sg-empty>`;
  }

  get #caller() {
    return { element: this, edge: this.edge, actions: this.actions };
  }

  get #words() {
    return tableWords(
      this.router.href('/hosts'),
      this.#hosts.value,
      this.#peers.value,
      this.#accessLog.value,
    );
  }

  #renderAddresses() {
    const { state, retry } = this.#addresses;
    if (state.status !== 'failed' && (state.value ?? []).length === 0) return nothing;
    return html`<section class="section" aria-labelledby="addresses">
      <div class="section-head"><h3 id="addresses">${t('addresses.heading')}</h3></div>
      ${whenLoaded(state, retry, (addresses) => addressTable(this.#caller, addresses, this.#words))}
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
    const { state, retry } = this.#templates;
    return html`<section class="section" aria-labelledby="templates">
      <div class="section-head">
        <h3 id="templates">${t('templates.heading')}</h3>
        <div class="actions">
          <button
            type="button"
            class="btn btn-small"
            ?disabled=${state.value === undefined}
            @click=${() => void editTemplate(this.#caller, state.value ?? [])}
          >
            <sg-icon name="plus" size="15"></sg-icon>${t('template.add')}
          </button>
        </div>
        <p class="cell-sub">${t('templates.descr')}</p>
      </div>
      ${whenLoaded(state, retry, (templates) =>
        templates.length === 0
          ? html`<sg-empty icon="list" heading=${t('template.none')} text=${t('template.none-text')}></sg-empty>`
          : templateTable(this.#caller, templates),
      )}
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
