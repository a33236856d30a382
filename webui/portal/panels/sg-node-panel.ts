import { NodePatch, type PathSummary, type PortalNode } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import { editDialog } from '../../shared/components/edit-dialog.ts';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-badge.ts';
import '../../shared/components/sg-empty.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-time.ts';
import { pathBadge } from '../../shared/components/path-badge.ts';
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
import { formatBytes, formatRtt } from '../../shared/format/format.ts';
import { nodeTags } from '../components/node-badges.ts';
import { createTicket, patchNode, removeNode } from '../data/nodes.ts';
import { parseTags } from '../data/parse-tags.ts';
import { canAdministrate } from '../data/roles.ts';
import { t } from '../messages.ts';
import { PortalPanel } from './portal-panel.ts';

/** One machine: names, addresses, paths; edit and remove. */
export class SgNodePanel extends PortalPanel {
  static override properties = {
    ...PortalPanel.properties,
    editing: { state: true },
    errors: { state: true },
  };
  editing = false;
  errors: Readonly<Record<string, string>> = {};
  readonly #nodes = this.live((portal) => portal.nodes);

  get #node(): PortalNode | undefined {
    return this.portal.nodes.get(this.params.id ?? '');
  }

  protected override render() {
    const isEdge = this.#node === undefined || this.#node.role === 'edge';
    return html`<a class="crumb" href=${this.router.href(isEdge ? '/' : '/machines')}>
        <sg-icon name="back" size="14"></sg-icon>${t(isEdge ? 'menu.edges' : 'menu.machines')}
      </a>
      ${whenLoaded(this.#nodes.state, this.#nodes.retry, () => (this.#node === undefined ? this.#renderGone() : this.#renderNode(this.#node)))}`;
  }

  #renderGone() {
    return html`<h2 class="visually-hidden" tabindex="-1">${t('node.gone')}</h2>
      <div class="section"><sg-empty icon="search" heading=${t('node.gone')} text=${t('node.gone-text')}></sg-empty></div>`;
  }

  #renderNode(node: PortalNode) {
    return html`${this.#renderHead(node)}
      ${
        node.health.length === 0
          ? nothing
          : html`<sg-alert tone="warn" heading=${t('node.health')}>
            ${node.health.map((code) => html`<code>${code}</code> `)}
            <div>${t('node.health-text')}</div>
          </sg-alert>`
      }
      ${this.#renderOutOfDate(node)} ${this.#renderDetails(node)} ${this.#renderPaths(node)} ${this.#renderEdit(node)}`;
  }

  #renderOutOfDate({ id, profile, owner }: PortalNode) {
    if (profile?.isOutOfDate !== true) return nothing;
    return html`<sg-alert tone="warn" heading=${t('device.out-of-date-heading')}>
      <p>${t('device.out-of-date-text')}</p>
      ${this.#isOwn(owner) ? html`<a class="btn" href=${this.router.href(`/device/${id}`)}>${t('device.renew')}</a>` : nothing}
    </sg-alert>`;
  }

  #isOwn(owner: PortalNode['owner']): boolean {
    return owner?.id === this.portal.session.user.id;
  }

  #renderHead(node: PortalNode) {
    const { name, online, role } = node;
    return html`<div class="page-head">
      <div>
        <h2 tabindex="-1">${name}</h2>
        <div class="badges">
          <sg-badge tone=${online ? 'ok' : 'neutral'} dot>${t(online ? 'edge.online' : 'edge.offline')}</sg-badge>
          <sg-badge>${t(`role.${role}`)}</sg-badge>
          ${nodeTags(node.tags)}
        </div>
      </div>
      <div class="actions">
        ${role === 'edge' ? this.#renderOpen(node) : nothing}
        ${
          node.profile?.isOutOfDate === false && this.#isOwn(node.owner)
            ? html`<a class="btn" href=${this.router.href(`/device/${node.id}`)}>${t('device.renew')}</a>`
            : nothing
        }
        <button
          type="button"
          class="btn"
          @click=${() => {
            this.errors = {};
            this.actions.clear('edit');
            this.editing = true;
          }}
        >
          <sg-icon name="edit" size="16"></sg-icon>${t('node.edit')}
        </button>
        <button type="button" class="btn btn-danger" @click=${() => void this.#remove(node)}>
          <sg-icon name="trash" size="16"></sg-icon>${t('node.remove')}
        </button>
      </div>
    </div>`;
  }

  #renderOpen({ id, name, online }: PortalNode) {
    return html`<button
      type="button"
      class="btn btn-primary"
      aria-label=${t('edge.open-label', { name })}
      ?disabled=${!online || this.actions.isBusy('open')}
      @click=${() => void this.#open(id)}
    >
      ${t('edge.open')}
    </button>`;
  }

  #renderDetails(node: PortalNode) {
    return html`<section class="section" aria-labelledby="details">
      <div class="section-head"><h3 id="details">${t('node.details')}</h3></div>
      <dl class="details">
        ${detail(t('node.note'), node.note)} ${detail(t('node.fqdn'), copyable(node.fqdn, t('node.fqdn')))}
        ${detail(t('node.address4'), copyable(node.address4, t('node.address4')))}
        ${detail(t('node.address6'), copyable(node.address6, t('node.address6')))}
        ${detail(t('node.key'), copyable(node.publicKey, t('node.key')))}
        ${detail(t('node.nat'), `${t(`nat.${node.nat}`)}: ${t(`nat-hint.${node.nat}`)}`)}
        ${detail(t('node.endpoint'), node.endpoint && copyable(node.endpoint, t('node.endpoint')))}
        ${detail(t('node.relay'), node.relay && this.#renderRelay(node))}
        ${detail(t('node.relayed'), node.relayedBytes === undefined ? undefined : formatBytes(node.relayedBytes))}
        ${detail(t('node.platform'), node.platform)} ${detail(t('node.hostname'), node.hostname)}
        ${detail(t('node.version'), node.agentVersion)} ${detail(t('node.owner'), node.owner?.name)}
        ${detail(t('edge.seen'), html`<sg-time .at=${node.lastSeenAt}></sg-time>`)}
        ${detail(t('node.created'), html`<sg-time .at=${node.createdAt}></sg-time>`)}
      </dl>
    </section>`;
  }

  #renderRelay({ id, relay }: PortalNode) {
    if (relay === undefined) return nothing;
    const { isApproved, endpoints } = relay;
    const mayChoose = canAdministrate(this.portal.session.user.role);
    return html`<sg-badge tone=${isApproved ? 'ok' : 'neutral'}>${t(isApproved ? 'node.relay-on' : 'node.relay-offered')}</sg-badge>
      <code>${endpoints.join(', ')}</code>
      ${
        mayChoose
          ? html`<button
              type="button"
              class="btn"
              ?disabled=${this.actions.isBusy('relay')}
              @click=${() => void this.#setRelay(id, !isApproved)}
            >
              ${t(isApproved ? 'node.relay-revoke' : 'node.relay-approve')}
            </button>`
          : nothing
      }`;
  }

  async #setRelay(id: string, isRelay: boolean): Promise<void> {
    const saved = await this.actions.run('relay', () => patchNode(this.portal.api, id, { isRelay }));
    this.actions.tellError('relay');
    if (saved === undefined) return;
    this.portal.nodes.put(saved);
    showToast(this, { tone: 'ok', text: t('node.saved') });
  }

  #renderPaths({ paths }: PortalNode) {
    return html`<section class="section" aria-labelledby="paths">
      <div class="section-head">
        <h3 id="paths">${t('node.paths')}</h3>
        <p class="cell-sub">${t('node.paths-descr')}</p>
      </div>
      ${
        paths.length === 0
          ? html`<sg-empty icon="network" heading=${t('node.no-paths')} text=${t('node.no-paths-text')}></sg-empty>`
          : html`<table class="table" role="table" aria-labelledby="paths">
            <thead role="rowgroup">
              <tr class="tr" role="row">
                <th class="th" role="columnheader">${t('node.peer')}</th>
                <th class="th" role="columnheader">${t('node.path-state')}</th>
                <th class="th" role="columnheader">${t('node.path-rtt')}</th>
                <th class="th" role="columnheader">${t('node.path-endpoint')}</th>
              </tr>
            </thead>
            <tbody role="rowgroup">
              ${paths.map((path) => this.#renderPath(path))}
            </tbody>
          </table>`
      }
    </section>`;
  }

  #renderPath({ peer, state, endpoint, rttMs }: PathSummary) {
    const node = this.#nodes.value?.find(({ id }) => id === peer);
    return html`<tr class="tr" role="row">
      <td class="td lead" role="cell">
        ${
          node === undefined
            ? html`<span class="muted">${t('node.unknown-peer')}</span>`
            : html`<a class="cell-title" href=${this.router.href(`/nodes/${peer}`)}>${node.name}</a>`
        }
      </td>
      <td class="td" role="cell" data-title=${t('node.path-state')}><span>${pathBadge(state)}</span></td>
      <td class="td number" role="cell" data-title=${t('node.path-rtt')}>${rttMs === undefined ? '–' : formatRtt(rttMs)}</td>
      <td class="td" role="cell" data-title=${t('node.path-endpoint')}><code>${endpoint ?? '–'}</code></td>
    </tr>`;
  }

  #renderEdit(node: PortalNode) {
    const refused = this.actions.error('edit');
    const error = (name: string) =>
      this.errors[name] ?? (refused?.field === name ? refused.message : undefined);
    return editDialog(
      {
        isOpen: this.editing,
        heading: t('node.edit-heading', { name: node.name }),
        error: refused,
        isBusy: this.actions.isBusy('edit'),
        onClose: () => {
          this.editing = false;
        },
        onSubmit: this.#save,
      },
      html`${textField({ name: 'name', label: t('node.name'), value: node.name, hint: t('node.name-hint'), maxLength: 63, error: error('name') })}
        ${textField({ name: 'tags', label: t('node.tags'), value: node.tags.join(', '), hint: t('node.tags-hint'), error: error('tags') })}
        ${field(
          { name: 'note', label: t('node.note'), error: error('note') },
          html`<textarea id="note" name="note" maxlength="500" .value=${node.note}></textarea>`,
        )}`,
    );
  }

  readonly #save = async (event: SubmitEvent): Promise<void> => {
    const { name, tags = '', note } = readForm(event);
    const parsed = validate(
      NodePatch,
      { name: name?.trim(), note, tags: parseTags(tags) },
      { name: t('node.name-error') },
    );
    this.errors = parsed.ok ? {} : this.#renameTagErrors(parsed.errors);
    const node = this.#node;
    if (!parsed.ok || node === undefined) return;
    const saved = await this.actions.run('edit', () => patchNode(this.portal.api, node.id, parsed.value));
    if (saved === undefined) return;
    this.portal.nodes.put(saved);
    this.editing = false;
    showToast(this, { tone: 'ok', text: t('node.saved') });
  };

  /** `tags.2` is one of several words in the one field. */
  #renameTagErrors(errors: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(errors).map(([path, text]) =>
        path.startsWith('tags') ? ['tags', t('node.tags-error')] : [path, text],
      ),
    );
  }

  async #open(id: string): Promise<void> {
    const ticket = await this.actions.run('open', () => createTicket(this.portal.api, id));
    this.actions.tellError('open');
    if (ticket !== undefined) this.goTo(ticket.url);
  }

  async #remove({ id, name, role }: PortalNode): Promise<void> {
    const question = {
      heading: t('node.remove-heading', { name }),
      text: t('node.remove-text', { name }),
      confirm: t('node.remove'),
      danger: true,
    };
    const isDone = await runConfirmed(this.actions, 'remove', question, () =>
      removeNode(this.portal.api, id),
    );
    if (isDone !== true) return;
    showToast(this, { tone: 'ok', text: t('node.removed', { name }) });
    this.portal.nodes.drop(id);
    this.router.navigate(role === 'edge' ? '/' : '/machines', { replace: true });
  }
}
customElements.define('sg-node-panel', SgNodePanel);
