import type { PeerStatus } from '@sidegate/protocol';
import { html } from 'lit';
import '../../shared/components/sg-empty.ts';
import { pageHead, searchBox, whenLoaded } from '../../shared/components/templates.ts';
import '../components/sg-peer-table.ts';
import { t } from '../messages.ts';
import { EdgePanel } from './edge-panel.ts';

/** From this many peers on there is a search box. */
const SEARCH_FROM = 8;

/** Nodes this edge may talk to, with the path to each and why. */
export class SgPeersPanel extends EdgePanel {
  static override properties = { ...EdgePanel.properties, text: { state: true } };
  text = '';
  readonly #peers = this.live((edge) => edge.peers);

  protected override render() {
    return html`${pageHead(t('menu.peers'), t('peers.descr'))}
    ${whenLoaded(this.#peers.state, this.#peers.retry, (peers) => this.#renderPeers(peers))}`;
  }

  #renderPeers(peers: readonly PeerStatus[]) {
    if (peers.length === 0) {
      return html`<div class="section">
        <sg-empty icon="network" heading=${t('peers.empty')} text=${t('peers.empty-text')}></sg-empty>
      </div>`;
    }
    const text = this.text.trim().toLowerCase();
    const shown = peers
      .filter(({ name, address4, tags }) => [name, address4, ...tags].join(' ').toLowerCase().includes(text))
      .sort((a, b) => Number(b.online) - Number(a.online) || a.name.localeCompare(b.name));
    return html`${peers.length < SEARCH_FROM ? '' : this.#renderSearch()}
      <div class="section"><sg-peer-table full .peers=${shown}></sg-peer-table></div>`;
  }

  #renderSearch() {
    return html`<div class="toolbar">
      ${searchBox(t('peers.search'), this.text, (text) => {
        this.text = text;
      })}
    </div>`;
  }
}
customElements.define('sg-peers-panel', SgPeersPanel);
