import { type Forward, type Host, HostPatch, type HostService, type Scope } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import { editDialog } from '../../shared/components/edit-dialog.ts';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-badge.ts';
import '../../shared/components/sg-empty.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-time.ts';
import {
  copyable,
  detail,
  field,
  readForm,
  textField,
  whenLoaded,
} from '../../shared/components/templates.ts';
import { showToast } from '../../shared/components/toast.ts';
import { runConfirmed } from '../../shared/controllers/run-confirmed.ts';
import { validate } from '../../shared/data/validate.ts';
import '../components/sg-evidence.ts';
import '../components/sg-service-table.ts';
import '../components/sg-suggestions.ts';
import { addressOfHost } from '../data/addresses.ts';
import { addForward, forwardsOfHost } from '../data/forwards.ts';
import { forgetHost, patchHost } from '../data/hosts.ts';
import { templatesOfHost } from '../data/templates.ts';
import { canWake } from '../data/wake.ts';
import { t } from '../messages.ts';
import { addressTable, giveAddress, giveAddressWith } from './address-actions.ts';
import { EdgePanel } from './edge-panel.ts';
import { forwardTable } from './forward-actions.ts';
import { tableWords } from './publication-actions.ts';
import { templateButtons } from './template-actions.ts';
import { wakeButton } from './wake-actions.ts';

/** One device: its services, one click to publish each, what is known of it and how. */
export class SgHostPanel extends EdgePanel {
  static override properties = { ...EdgePanel.properties, editing: { state: true }, errors: { state: true } };
  static override styles = [
    EdgePanel.styles,
    css`
      .title {
        display: flex;
        gap: 14px;
        align-items: center;
      }
      .kind {
        display: grid;
        place-items: center;
        flex: none;
        width: 48px;
        height: 48px;
        color: var(--sg-info);
        background: var(--sg-info-soft);
        border-radius: 10px;
      }
      .title h2 + div {
        margin-top: 2px;
      }
    `,
  ];
  editing = false;
  errors: Readonly<Record<string, string>> = {};
  readonly #hosts = this.live((edge) => edge.hosts);
  readonly #forwards = this.live((edge) => edge.forwards);
  readonly #addresses = this.live((edge) => edge.addresses);
  readonly #scopes = this.live((edge) => edge.scopes);
  readonly #templates = this.live((edge) => edge.templates);
  readonly #peers = this.live((edge) => edge.peers);
  readonly #accessLog = this.live((edge) => edge.accessLog);

  get #host(): Host | undefined {
    return this.edge.hosts.get(this.params.id ?? '');
  }

  protected override render() {
    return html`<a class="crumb" href=${this.router.href('/hosts')}>
        <sg-icon name="back" size="14"></sg-icon>${t('menu.hosts')}
      </a>
      ${whenLoaded(this.#hosts.state, this.#hosts.retry, () => (this.#host === undefined ? this.#renderGone() : this.#renderHost(this.#host)))}`;
  }

  #renderGone() {
    return html`<h2 class="visually-hidden" tabindex="-1">${t('host.gone')}</h2>
      <div class="section"><sg-empty icon="search" heading=${t('host.gone')} text=${t('host.gone-text')}></sg-empty></div>`;
  }

  #renderHost(host: Host) {
    const forwards = forwardsOfHost(this.#forwards.value ?? [], host);
    return html`${this.#renderHead(host)} ${this.#renderStray(host)}
      <sg-suggestions
        .host=${host}
        .forwards=${forwards}
        .busyKeys=${this.#busyServices(host)}
        @sg-publish=${({ detail: service }: CustomEvent<HostService>) => void this.#publish(host, service)}
      ></sg-suggestions>
      <section class="section" aria-labelledby="services">
        <div class="section-head">
          <h3 id="services">${t('host.services')}</h3>
          <div class="actions">
            ${templateButtons(this.#caller, templatesOfHost(this.#templates.value ?? [], host), host)}
            <a class="btn btn-small" href=${this.#optionsHref(host)}>${t('host.other-port')}</a>
          </div>
          <p class="cell-sub">${t('host.services-descr')}</p>
        </div>
        <sg-service-table
          .services=${host.services}
          .forwards=${forwards}
          .busyKeys=${this.#busyServices(host)}
          .optionsHref=${(service: HostService) => this.#optionsHref(host, service)}
          @sg-publish=${({ detail: service }: CustomEvent<HostService>) => void this.#publish(host, service)}
        ></sg-service-table>
      </section>
      ${forwards.length === 0 ? nothing : this.#renderForwards(forwards)} ${this.#renderAddress(host)}
      ${this.#renderDetails(host)}
      <sg-evidence .evidence=${host.evidence}></sg-evidence>
      ${this.#renderEdit(host)}`;
  }

  #renderHead(host: Host) {
    return html`<div class="page-head">
      <div class="title">
        <span class="kind"><sg-icon name=${host.kind} size="28"></sg-icon></span>
        <div>
          <h2 tabindex="-1">${host.name}</h2>
          <div class="badges">
            <sg-badge tone=${host.online ? 'ok' : 'neutral'} dot>
              ${t(host.online ? 'hosts.online' : 'hosts.offline')}
            </sg-badge>
            <sg-badge>${t(`kind.${host.kind}`)}</sg-badge>
          </div>
        </div>
      </div>
      <div class="actions">
        ${canWake(host, this.#scopeOf(host)) ? wakeButton(this.#caller, host) : nothing}
        <button
          type="button"
          class="btn"
          @click=${() => {
            this.errors = {};
            this.editing = true;
          }}
        >
          <sg-icon name="edit" size="16"></sg-icon>${t('host.edit')}
        </button>
        <button type="button" class="btn btn-danger" @click=${() => void this.#forget(host)}>
          ${t('host.forget')}
        </button>
      </div>
    </div>`;
  }

  #scopeOf({ scopeId }: Host): Scope | undefined {
    return this.#scopes.value?.find(({ id }) => id === scopeId);
  }

  /** Nothing but ARP reaches it: what to do about that, to copy. */
  #renderStray(host: Host) {
    const scope = this.#scopeOf(host);
    if (scope?.kind !== 'stray') return nothing;
    const command = `ip address add ${scope.senderAddress}/${scope.cidr.split('/')[1]} dev ${scope.interfaceName}`;
    return html`<sg-alert tone="info" heading=${t('host.stray')}>
      ${t('host.stray-text', { sender: scope.senderAddress ?? '' })} ${copyable(command, command)}
    </sg-alert>`;
  }

  get #words() {
    return tableWords(
      this.router.href('/hosts'),
      this.#hosts.value,
      this.#peers.value,
      this.#accessLog.value,
    );
  }

  #renderForwards(forwards: readonly Forward[]) {
    return html`<section class="section" aria-labelledby="forwards">
      <div class="section-head"><h3 id="forwards">${t('host.forwards')}</h3></div>
      ${forwardTable(this.#caller, forwards, this.#words)}
    </section>`;
  }

  #renderAddress(host: Host) {
    const address = addressOfHost(this.#addresses.value ?? [], host);
    return html`<section class="section" aria-labelledby="own-address">
      <div class="section-head">
        <h3 id="own-address">${t('host.address')}</h3>
        ${address === undefined ? this.#renderGive(host) : nothing}
        <p class="cell-sub">${t('host.address-descr')}</p>
      </div>
      ${address === undefined ? nothing : addressTable(this.#caller, [address], this.#words)}
    </section>`;
  }

  #renderGive(host: Host) {
    const isBusy = this.actions.isBusy(`address-${host.id}`);
    return html`<div class="actions">
      <button
        type="button"
        class="btn btn-small btn-primary"
        ?disabled=${isBusy}
        @click=${() => void giveAddress(this.#caller, host)}
      >
        ${t('host.give-address')}
      </button>
      <button
        type="button"
        class="btn btn-small btn-plain"
        aria-label=${t('host.address-options')}
        ?disabled=${isBusy}
        @click=${() => void giveAddressWith(this.#caller, host)}
      >
        ${t('host.options')}
      </button>
    </div>`;
  }

  #renderDetails(host: Host) {
    const scope = this.#scopeOf(host);
    return html`<section class="section" aria-labelledby="details">
      <div class="section-head"><h3 id="details">${t('host.details')}</h3></div>
      <dl class="details">
        ${detail(t('host.vendor'), host.vendor)}
        ${detail(t('host.mac'), host.mac && this.#renderMac(host.mac))}
        ${detail(
          t('host.addresses'),
          html`${host.addresses.map((address) => html`<div>${copyable(address, address)}</div>`)}`,
        )}
        ${detail(t('host.network'), scope && (scope.label === '' ? scope.cidr : `${scope.label} (${scope.cidr})`))}
        ${detail(t('host.first-seen'), html`<sg-time .at=${host.firstSeenAt}></sg-time>`)}
        ${detail(t('hosts.seen'), html`<sg-time .at=${host.lastSeenAt}></sg-time>`)} ${detail(t('host.note'), host.note)}
      </dl>
    </section>`;
  }

  #renderMac(mac: string) {
    // Bit 1 of the first byte: no maker's, as phones have one for every network.
    const isMadeUp = (Number.parseInt(mac.slice(0, 2), 16) & 2) !== 0;
    return isMadeUp ? html`<span>${t('host.mac-random', { mac })}</span>` : copyable(mac, t('host.mac'));
  }

  #renderEdit(host: Host) {
    return editDialog(
      {
        isOpen: this.editing,
        heading: t('host.edit'),
        error: this.actions.error('edit'),
        isBusy: this.actions.isBusy('edit'),
        onClose: () => {
          this.editing = false;
        },
        onSubmit: this.#save,
      },
      html`${textField({
        name: 'givenName',
        label: t('host.given-name'),
        value: host.givenName ?? '',
        hint: t('host.given-name-hint'),
        maxLength: 80,
        error: this.errors.givenName,
      })}
      ${field(
        { name: 'note', label: t('host.note'), error: this.errors.note },
        html`<textarea id="note" name="note" maxlength="500" .value=${host.note}></textarea>`,
      )}`,
    );
  }

  get #caller() {
    return { element: this, edge: this.edge, actions: this.actions };
  }

  #busyServices(host: Host): ReadonlySet<string> {
    const keys = host.services.map(({ protocol, port }) => `${protocol}-${port}`);
    return new Set(keys.filter((key) => this.actions.isBusy(key)));
  }

  #optionsHref(host: Host, service?: HostService): string {
    const query = new URLSearchParams({ host: host.id });
    if (service !== undefined) {
      query.set('port', String(service.port));
      query.set('protocol', service.protocol);
    }
    return `${this.router.href('/forwards')}?${query}`;
  }

  async #publish(
    host: Host,
    { protocol, port, name }: Pick<HostService, 'protocol' | 'port' | 'name'>,
  ): Promise<void> {
    const key = `${protocol}-${port}`;
    const forward = await this.actions.run(key, () =>
      addForward(this.edge.api, {
        protocol,
        target: { kind: 'host', hostId: host.id },
        targetPort: port,
        label: `${host.name} ${name}`.slice(0, 80),
        note: '',
      }),
    );
    this.actions.tellError(key);
    if (forward === undefined) return;
    this.edge.forwards.put(forward);
    showToast(this, {
      tone: 'ok',
      text: t('host.published', { name, host: host.name }),
      detail: forward.url,
    });
  }

  async #forget({ id, name }: Host): Promise<void> {
    const question = {
      heading: t('host.forget-heading', { name }),
      text: t('host.forget-text'),
      confirm: t('host.forget'),
      danger: true,
    };
    const isDone = await runConfirmed(this.actions, 'forget', question, () => forgetHost(this.edge.api, id));
    if (isDone !== true) return;
    showToast(this, { tone: 'ok', text: t('host.forgotten', { name }) });
    this.edge.hosts.drop(id);
    this.router.navigate('/hosts', { replace: true });
  }

  readonly #save = async (event: SubmitEvent): Promise<void> => {
    const parsed = validate(HostPatch, readForm(event));
    this.errors = parsed.ok ? {} : parsed.errors;
    const host = this.#host;
    if (!parsed.ok || host === undefined) return;
    const saved = await this.actions.run('edit', () => patchHost(this.edge.api, host.id, parsed.value));
    if (saved === undefined) return;
    this.edge.hosts.put(saved);
    this.editing = false;
    showToast(this, { tone: 'ok', text: t('host.saved') });
  };
}
customElements.define('sg-host-panel', SgHostPanel);
