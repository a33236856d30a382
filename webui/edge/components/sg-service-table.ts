import type { Forward, HostService } from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import '../../shared/components/sg-badge.ts';
import '../../shared/components/sg-copy.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-empty.ts';
import { forwardOfService, isWebUrl } from '../data/forwards.ts';
import { t } from '../messages.ts';

/** Open ports of a host, each with its address on the mesh or a button. Emits `sg-publish` with the service. */
export class SgServiceTable extends SgElement {
  static override properties = {
    services: { attribute: false },
    forwards: { attribute: false },
    busyKeys: { attribute: false },
    optionsHref: { attribute: false },
  };
  static override styles = [
    SgElement.styles,
    css`
      .says {
        max-width: 420px;
        overflow: hidden;
        display: -webkit-box;
        -webkit-line-clamp: 2;
        -webkit-box-orient: vertical;
      }
      .url {
        overflow-wrap: anywhere;
      }
      @media (min-width: 721px) {
        .publish {
          width: 44%;
        }
      }
    `,
  ];
  services: readonly HostService[] = [];
  forwards: readonly Forward[] = [];
  busyKeys: ReadonlySet<string> = new Set();
  optionsHref: (service: HostService) => string = () => '';

  protected override render() {
    if (this.services.length === 0) {
      return html`<sg-empty icon="gate" heading=${t('host.no-services')} text=${t('host.no-services-text')}></sg-empty>`;
    }
    return html`<table class="table" role="table" aria-label=${t('host.services')}>
      <thead role="rowgroup">
        <tr class="tr" role="row">
          <th class="th" role="columnheader">${t('host.service')}</th>
          <th class="th" role="columnheader">${t('host.says')}</th>
          <th class="th end" role="columnheader">${t('host.publish-column')}</th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${[...this.services].sort((a, b) => a.port - b.port).map((service) => this.#renderRow(service))}
      </tbody>
    </table>`;
  }

  #renderRow(service: HostService) {
    const says = service.title ?? service.banner;
    return html`<tr class="tr" role="row">
      <td class="td lead" role="cell">
        <div class="cell-title">${service.name}</div>
        <div class="cell-sub number">${service.protocol} ${service.port}</div>
      </td>
      <td class="td" role="cell" data-title=${t('host.says')}>
        ${says === undefined ? html`<span class="muted">–</span>` : html`<span class="says" title=${says}>${says}</span>`}
      </td>
      <td class="td end publish" role="cell">${this.#renderPublish(service)}</td>
    </tr>`;
  }

  #renderPublish(service: HostService) {
    const { name, port, protocol } = service;
    const forward = forwardOfService(this.forwards, service);
    if (forward !== undefined) return this.#renderPublished(forward);
    return html`<div class="actions">
      <button
        type="button"
        class="btn btn-small btn-primary"
        aria-label=${t('host.publish-label', { name, port })}
        ?disabled=${this.busyKeys.has(`${protocol}-${port}`)}
        @click=${() => this.emit('sg-publish', service)}
      >
        ${t('host.publish')}
      </button>
      <a
        class="btn btn-small btn-plain"
        aria-label=${t('host.options-label', { name, port })}
        href=${this.optionsHref(service)}
        >${t('host.options')}</a
      >
    </div>`;
  }

  #renderPublished({ url, enabled, label }: Forward) {
    return html`<span class="copyable">
      ${enabled ? nothing : html`<sg-badge tone="warn">${t('host.paused')}</sg-badge>`}
      ${
        enabled && isWebUrl(url)
          ? html`<a class="url" href=${url} target="_blank" rel="noopener noreferrer">${url}</a>`
          : html`<code class="url">${url}</code>`
      }
      <sg-copy .value=${url} what=${t('forward.copy', { name: label })}></sg-copy>
    </span>`;
  }
}
customElements.define('sg-service-table', SgServiceTable);
