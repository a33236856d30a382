import { type Host, type HostChanges, type HostKind, renderHostsCsv } from '@sidegate/protocol';
import { html } from 'lit';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-empty.ts';
import { choices, moreButton, pageHead, searchBox, whenLoaded } from '../../shared/components/templates.ts';
import { download } from '../components/download.ts';
import '../components/sg-host-changes.ts';
import '../components/sg-host-table.ts';
import '../components/sg-scan-bar.ts';
import { fetchChanges, noteVisit } from '../data/changes.ts';
import { cancelScan, latestScan, startScan } from '../data/scans.ts';
import { countKinds, type HostOrder, type HostSelection, selectHosts } from '../data/select-hosts.ts';
import { t } from '../messages.ts';
import { EdgePanel } from './edge-panel.ts';

/** Rows drawn at once; a hostile or huge network may have thousands. */
const PAGE_SIZE = 200;

/** Scan, and the list of hosts as they are found. */
export class SgHostsPanel extends EdgePanel {
  static override properties = {
    ...EdgePanel.properties,
    selection: { state: true },
    limit: { state: true },
    changes: { state: true },
  };
  selection: HostSelection = { text: '', kind: 'all', order: 'name', descending: false };
  limit = PAGE_SIZE;
  changes: HostChanges | undefined;
  #changesAfter: string | undefined;
  readonly #hosts = this.live((edge) => edge.hosts);
  readonly #scans = this.live((edge) => edge.scans);
  readonly #scopes = this.live((edge) => edge.scopes);
  readonly #forwards = this.live((edge) => edge.forwards);

  protected override updated(): void {
    // Changes are those that whole scans have found: asked for at first, and after each scan.
    const scan = latestScan(this.#scans.value ?? []);
    const key = `${scan?.id} ${scan?.state}`;
    if (this.#hosts.value === undefined || key === this.#changesAfter) return;
    this.#changesAfter = key;
    // Not within this very update, which asking is a reason to draw again after.
    if (scan?.state !== 'running') queueMicrotask(() => void this.#loadChanges());
  }

  protected override render() {
    return html`${pageHead(t('menu.hosts'), t('hosts.descr'))}
      <sg-scan-bar
        .scan=${latestScan(this.#scans.value ?? [])}
        .scopes=${this.#scopes.value ?? []}
        ?busy=${this.actions.isBusy('scan')}
        @sg-scan=${this.#start}
        @sg-cancel-scan=${this.#cancel}
      ></sg-scan-bar>
      <sg-host-changes
        .changes=${this.changes}
        base=${this.router.href('/hosts')}
        ?busy=${this.actions.isBusy('seen')}
        @sg-seen=${this.#seen}
      ></sg-host-changes>
      ${whenLoaded(this.#hosts.state, this.#hosts.retry, (hosts) => this.#renderHosts(hosts), 8)}`;
  }

  #renderHosts(hosts: readonly Host[]) {
    if (hosts.length === 0) {
      return html`<div class="section">
        <sg-empty icon="search" heading=${t('hosts.empty')} text=${t('hosts.empty-text')}></sg-empty>
      </div>`;
    }
    const selected = selectHosts(hosts, this.selection);
    return html`${this.#renderToolbar(hosts, selected)}
      <div class="section">
        ${selected.length === 0 ? this.#renderNone() : this.#renderTable(selected)}
        ${moreButton(selected.length - this.limit, () => {
          this.limit += PAGE_SIZE;
        })}
      </div>`;
  }

  #renderToolbar(hosts: readonly Host[], selected: readonly Host[]) {
    const { text, kind } = this.selection;
    const kinds = countKinds(hosts).map(([key, n]) => [key, `${t(`kind.${key}`)} (${n})`] as const);
    const online = hosts.filter((host) => host.online).length;
    return html`<div class="toolbar">
      ${searchBox(t('hosts.search'), text, (next) => this.#select({ text: next }))}
      <select
        aria-label=${t('hosts.kind')}
        @change=${(event: Event) => this.#select({ kind: (event.target as HTMLSelectElement).value as HostKind | 'all' })}
      >
        ${choices([['all', t('hosts.all-kinds')], ...kinds], kind)}
      </select>
      <select
        class="narrow-only"
        aria-label=${t('hosts.order')}
        @change=${(event: Event) => this.#select({ order: (event.target as HTMLSelectElement).value as HostOrder, descending: false })}
      >
        ${choices(
          (['name', 'address', 'seen'] as const).map((order) => [order, t(`hosts.order-${order}`)] as const),
          this.selection.order,
        )}
      </select>
      <span class="tally" role="status">
        ${
          selected.length === hosts.length
            ? t('hosts.tally', { n: hosts.length, online })
            : t('hosts.tally-of', { n: selected.length, total: hosts.length })
        }
      </span>
      ${(['CSV', 'JSON'] as const).map(
        (format) => html`<button
          type="button"
          class="btn btn-small"
          aria-label=${t('hosts.export', { format })}
          @click=${() => this.#export(format, selected)}
        >
          ${format}
        </button>`,
      )}
    </div>`;
  }

  #renderTable(selected: readonly Host[]) {
    const scan = latestScan(this.#scans.value ?? []);
    const published = new Set(
      (this.#forwards.value ?? []).flatMap(({ target }) => (target.kind === 'host' ? [target.hostId] : [])),
    );
    return html`<sg-host-table
      .hosts=${selected.slice(0, this.limit)}
      .publishedIds=${published}
      .newSince=${scan?.startedAt}
      .order=${this.selection.order}
      ?descending=${this.selection.descending}
      base=${this.router.href('/hosts')}
      @sg-sort=${this.#sort}
    ></sg-host-table>`;
  }

  #renderNone() {
    return html`<sg-empty icon="search" heading=${t('hosts.none-match')} text=${t('hosts.none-match-text')}>
      <button type="button" class="btn" @click=${() => this.#select({ text: '', kind: 'all' })}>${t('hosts.clear')}</button>
    </sg-empty>`;
  }

  #select(change: Partial<HostSelection>): void {
    this.selection = { ...this.selection, ...change };
    this.limit = PAGE_SIZE;
  }

  #export(format: 'CSV' | 'JSON', hosts: readonly Host[]): void {
    const name = `hosts-${location.hostname}`;
    if (format === 'CSV') download(`${name}.csv`, 'text/csv;charset=utf-8', renderHostsCsv(hosts));
    else download(`${name}.json`, 'application/json', `${JSON.stringify(hosts, undefined, 2)}\n`);
  }

  async #loadChanges(): Promise<void> {
    // Without them the page is whole all the same.
    this.changes = (await this.actions.run('changes', () => fetchChanges(this.edge.api))) ?? this.changes;
  }

  readonly #seen = async (): Promise<void> => {
    this.changes = (await this.actions.run('seen', () => noteVisit(this.edge.api))) ?? this.changes;
    this.actions.tellError('seen');
  };

  readonly #sort = ({ detail: order }: CustomEvent<HostOrder>): void => {
    this.#select({ order, descending: this.selection.order === order && !this.selection.descending });
  };

  readonly #start = async ({ detail: scopeId }: CustomEvent<string>): Promise<void> => {
    const scan = await this.actions.run('scan', () => startScan(this.edge.api, scopeId || undefined));
    if (scan !== undefined) this.edge.scans.put(scan);
    this.actions.tellError('scan');
  };

  readonly #cancel = async ({ detail: id }: CustomEvent<string>): Promise<void> => {
    await this.actions.run('scan', () => cancelScan(this.edge.api, id));
    this.actions.tellError('scan');
  };
}
customElements.define('sg-hosts-panel', SgHostsPanel);
