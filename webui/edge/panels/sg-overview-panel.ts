import type { EdgeStatus } from '@sidegate/protocol';
import { html, nothing } from 'lit';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-badge.ts';
import '../../shared/components/sg-empty.ts';
import '../../shared/components/sg-tile.ts';
import '../../shared/components/sg-time.ts';
import { copyable, detail, pageHead, whenLoaded } from '../../shared/components/templates.ts';
import { formatCount } from '../../shared/format/format.ts';
import { healthAlert } from '../components/health-alert.ts';
import '../components/sg-peer-table.ts';
import { t } from '../messages.ts';
import { EdgePanel } from './edge-panel.ts';

const PLUGIN_TONE = { running: 'ok', skipped: 'neutral', failed: 'error', stopped: 'neutral' } as const;
const SHOWN_PEERS = 6;

/** The start page: state, warnings, addresses, paths, parts of the agent. */
export class SgOverviewPanel extends EdgePanel {
  readonly #status = this.live((edge) => edge.status);
  readonly #peers = this.live((edge) => edge.peers);

  protected override render() {
    return html`${pageHead(this.#status.value?.node?.name ?? t('menu.overview'), t('overview.descr'))}
    ${whenLoaded(this.#status.state, this.#status.retry, (status) => this.#renderStatus(status), 8)}`;
  }

  #renderStatus(status: EdgeStatus) {
    return html`${status.state === 'up' ? nothing : this.#renderState(status.state)}
      ${status.health.map(healthAlert)} ${this.#renderTiles(status)}
      <div class="columns">${this.#renderNode(status)} ${this.#renderConnection(status)}</div>
      ${this.#renderPeers()} ${this.#renderPlugins(status)}`;
  }

  #renderState(state: Exclude<EdgeStatus['state'], 'up'>) {
    return html`<sg-alert tone=${state === 'starting' ? 'info' : 'warn'} heading=${t(`overview.${state}`)}>
      ${t(`overview.${state}-hint`)}
    </sg-alert>`;
  }

  #renderTiles({ counts, state }: EdgeStatus) {
    const tile = (label: string, value: string, icon: string, path: string) =>
      html`<sg-tile label=${label} value=${value} icon=${icon} href=${this.router.href(path)}></sg-tile>`;
    return html`<div class="tiles">
      <sg-tile label=${t('overview.tile-state')} value=${t(`state.${state}`)} icon="gate"></sg-tile>
      ${tile(t('overview.tile-hosts'), formatCount(counts.hosts), 'list', '/hosts')}
      ${tile(t('overview.tile-forwards'), formatCount(counts.forwards), 'shuffle', '/forwards')}
      ${tile(t('overview.tile-peers'), formatCount(counts.peers), 'network', '/peers')}
    </div>`;
  }

  #renderNode({ node, platform, version, hostname, startedAt }: EdgeStatus) {
    return html`<section class="section" aria-labelledby="this-edge">
      <div class="section-head"><h3 id="this-edge">${t('overview.this')}</h3></div>
      <dl class="details">
        ${node === undefined ? detail(t('overview.name'), hostname) : detail(t('overview.name'), copyable(node.fqdn, t('overview.name')))}
        ${node && detail(t('overview.address4'), copyable(node.address4, t('overview.address4')))}
        ${node && detail(t('overview.address6'), copyable(node.address6, t('overview.address6')))}
        ${node && detail(t('overview.key'), copyable(node.publicKey, t('overview.key')))}
        ${detail(t('overview.account'), node?.account)} ${detail(t('overview.platform'), platform)}
        ${detail(t('overview.version'), version)}
        ${detail(t('overview.started'), html`<sg-time .at=${startedAt}></sg-time>`)}
      </dl>
    </section>`;
  }

  #renderConnection({ broker, tunnel, portMapping }: EdgeStatus) {
    const flag = (ok: boolean, yes: string, no: string) =>
      html`<sg-badge tone=${ok ? 'ok' : 'error'} dot>${ok ? yes : no}</sg-badge>`;
    return html`<section class="section" aria-labelledby="connection">
      <div class="section-head"><h3 id="connection">${t('overview.connection')}</h3></div>
      <dl class="details">
        ${
          broker &&
          html`${detail(t('overview.broker'), flag(broker.connected, t('overview.broker-connected'), t('overview.broker-lost')))}
          ${detail('', undefined)} ${detail(t('overview.broker-contact'), html`<sg-time .at=${broker.lastContactAt}></sg-time>`)}
          ${detail(t('overview.beacon'), flag(broker.beaconReachable, t('overview.beacon-ok'), t('overview.beacon-lost')))}
          ${detail(t('overview.nat'), `${t(`nat.${broker.nat}`)}: ${t(`nat-hint.${broker.nat}`)}`)}
          ${detail(t('overview.reflexive'), broker.reflexive4 && copyable(broker.reflexive4, t('overview.reflexive')))}
          ${detail(t('overview.reflexive6'), broker.reflexive6 && copyable(broker.reflexive6, t('overview.reflexive6')))}`
        }
        ${detail(
          t('overview.mapping'),
          portMapping &&
            t(`mapping.${portMapping.state}`, {
              external: portMapping.external ?? '',
              protocol:
                portMapping.protocol === undefined ? '' : t(`mapping-protocol.${portMapping.protocol}`),
              why: portMapping.why ?? '',
            }),
        )}
        ${detail(
          t('overview.tunnel'),
          tunnel &&
            t('overview.tunnel-value', {
              name: tunnel.interfaceName,
              kind: t(`tunnel.${tunnel.kind}`),
              port: tunnel.listenPort,
              mtu: tunnel.mtuBytes,
            }),
        )}
      </dl>
    </section>`;
  }

  #renderPeers() {
    return html`<section class="section" aria-labelledby="peers">
      <div class="section-head">
        <h3 id="peers">${t('menu.peers')}</h3>
        <a href=${this.router.href('/peers')}>${t('overview.all-peers')}</a>
      </div>
      ${whenLoaded(
        this.#peers.state,
        this.#peers.retry,
        (peers) =>
          peers.length === 0
            ? html`<sg-empty icon="network" heading=${t('peers.empty')} text=${t('peers.empty-text')}></sg-empty>`
            : html`<sg-peer-table .peers=${peers.slice(0, SHOWN_PEERS)}></sg-peer-table>`,
        3,
      )}
    </section>`;
  }

  #renderPlugins({ plugins }: EdgeStatus) {
    if (plugins.length === 0) return nothing;
    return html`<section class="section" aria-labelledby="plugins">
      <div class="section-head">
        <h3 id="plugins">${t('overview.plugins')}</h3>
        <p class="cell-sub">${t('overview.plugins-descr')}</p>
      </div>
      <table class="table" role="table" aria-labelledby="plugins">
        <thead role="rowgroup">
          <tr class="tr" role="row">
            <th class="th" role="columnheader">${t('plugin.name')}</th>
            <th class="th" role="columnheader">${t('plugin.state')}</th>
            <th class="th" role="columnheader">${t('plugin.detail')}</th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${plugins.map(
            (plugin) => html`<tr class="tr" role="row">
              <td class="td lead" role="cell"><span class="cell-title">${plugin.name}</span></td>
              <td class="td" role="cell" data-title=${t('plugin.state')}>
                <span><sg-badge tone=${PLUGIN_TONE[plugin.state]} dot>${t(`plugin-state.${plugin.state}`)}</sg-badge></span>
              </td>
              <td class="td muted" role="cell" data-title=${t('plugin.detail')}>${plugin.detail || '–'}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </section>`;
  }
}
customElements.define('sg-overview-panel', SgOverviewPanel);
