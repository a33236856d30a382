import type { ForwardAllow, ForwardTarget } from '@sidegate/protocol';
import { css, html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import '../../shared/components/sg-copy.ts';
import { SgElement } from '../../shared/components/sg-element.ts';
import '../../shared/components/sg-icon.ts';
import '../../shared/components/sg-switch.ts';
import '../../shared/components/sg-time.ts';
import { breakable } from '../../shared/components/templates.ts';
import { formatBytes } from '../../shared/format/format.ts';
import { isWebUrl } from '../data/forwards.ts';
import { t } from '../messages.ts';
import { allowText } from './parse-publication-fields.ts';

/** What forwards and addresses of hosts have in common. */
interface Publication {
  readonly id: string;
  readonly owner: string;
  readonly enabled: boolean;
  readonly bytes: number;
  readonly connections: number;
  readonly expiresAt?: number | undefined;
  readonly allow?: ForwardAllow | undefined;
}

/** What differs between them. */
export interface PublicationWords {
  readonly title: string;
  readonly tableLabel: string;
  readonly switchLabel: string;
  readonly editLabel: string;
  readonly removeLabel: string;
  /** `forward`: events are called `sg-switch-forward`, `sg-edit-forward` and `sg-remove-forward`. */
  readonly noun: string;
}

/** Publications as rows; a table of one kind says how its cells look. */
export abstract class SgPublicationTable<P extends Publication> extends SgElement {
  static override properties = {
    hostBase: { type: String },
    busyIds: { attribute: false },
    hostNames: { attribute: false },
    nodeNames: { attribute: false },
    lastUsed: { attribute: false },
  };
  static override styles = [
    SgElement.styles,
    css`
      .off .url,
      .off .cell-title {
        opacity: 0.75;
      }
      .url {
        overflow-wrap: anywhere;
      }
      .used {
        white-space: normal;
      }
    `,
  ];
  hostBase = '/hosts';
  busyIds: ReadonlySet<string> = new Set();
  hostNames: ReadonlyMap<string, string> = new Map();
  nodeNames: ReadonlyMap<string, string> = new Map();
  /** When each was last used, by id, as far as the log reaches. */
  lastUsed: ReadonlyMap<string, number> = new Map();

  protected abstract words(publication: P | undefined): PublicationWords;
  protected abstract renderPlace(publication: P): TemplateResult;
  protected abstract renderTarget(publication: P): TemplateResult;

  protected renderTable(publications: readonly P[]): TemplateResult {
    const head = ['what', 'url', 'target', 'traffic', 'state'] as const;
    return html`<table class="table" role="table" aria-label=${this.words(undefined).tableLabel}>
      <thead role="rowgroup">
        <tr class="tr" role="row">
          ${head.map((key) => html`<th class="th" role="columnheader">${t(`forward.${key}`)}</th>`)}
          <th class="th end" role="columnheader"><span class="visually-hidden">${t('forward.remove')}</span></th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${repeat(
          publications,
          ({ id }) => id,
          (publication) => this.#renderRow(publication),
        )}
      </tbody>
    </table>`;
  }

  #renderRow(publication: P) {
    const { id, enabled, owner, expiresAt, allow, bytes, connections } = publication;
    const { title, switchLabel, editLabel, removeLabel, noun } = this.words(publication);
    const usedAt = this.lastUsed.get(id);
    return html`<tr class="tr ${enabled ? '' : 'off'}" role="row">
      <td class="td lead" role="cell">
        <div class="cell-title">${title}</div>
        <div class="cell-sub">${t('forward.owner', { name: owner })}</div>
        ${
          allow === undefined
            ? nothing
            : html`<div class="cell-sub">${t('forward.only-for', { who: allowText(allow, this.nodeNames) })}</div>`
        }
        ${
          expiresAt === undefined
            ? nothing
            : html`<div class="cell-sub">${t('forward.ends')} <sg-time .at=${expiresAt}></sg-time></div>`
        }
      </td>
      <td class="td" role="cell" data-title=${t('forward.url')}>${this.renderPlace(publication)}</td>
      <td class="td" role="cell" data-title=${t('forward.target')}>${this.renderTarget(publication)}</td>
      <td class="td nowrap number" role="cell" data-title=${t('forward.traffic')}>
        <div>
          ${formatBytes(bytes)}
          <div class="cell-sub">${t('forward.connections', { n: connections })}</div>
          ${
            usedAt === undefined
              ? nothing
              : html`<div class="cell-sub used">${t('forward.used')} <sg-time .at=${usedAt}></sg-time></div>`
          }
        </div>
      </td>
      <td class="td" role="cell" data-title=${t('forward.state')}>
        <sg-switch
          label=${switchLabel}
          .on=${enabled}
          .text=${t(enabled ? 'forward.on' : 'forward.off')}
          ?disabled=${this.busyIds.has(id)}
          @sg-change=${() => this.emit(`sg-switch-${noun}`, { id, enabled: !enabled })}
        ></sg-switch>
      </td>
      <td class="td end" role="cell">
        <div class="actions">
          <button
            type="button"
            class="btn btn-small"
            aria-label=${editLabel}
            ?disabled=${this.busyIds.has(id)}
            @click=${() => this.emit(`sg-edit-${noun}`, publication)}
          >
            <sg-icon name="edit" size="15"></sg-icon>${t('action.edit')}
          </button>
          <button
            type="button"
            class="btn btn-small btn-danger"
            aria-label=${removeLabel}
            ?disabled=${this.busyIds.has(id)}
            @click=${() => this.emit(`sg-remove-${noun}`, publication)}
          >
            <sg-icon name="trash" size="15"></sg-icon>${t('forward.remove')}
          </button>
        </div>
      </td>
    </tr>`;
  }

  /** Something to open, where a browser can, and to copy. */
  protected renderLink(
    { href, shown, copy, name }: { href: string; shown: string; copy: string; name: string },
    enabled: boolean,
  ): TemplateResult {
    const text =
      enabled && isWebUrl(href)
        ? html`<a class="url" href=${href} target="_blank" rel="noopener noreferrer">${breakable(shown)}</a>`
        : html`<code class="url">${breakable(shown)}</code>`;
    return html`<span class="copyable">${text}<sg-copy .value=${copy} what=${t('forward.copy', { name })}></sg-copy></span>`;
  }

  /** The host by its name; nothing where it leads to a mere address. */
  protected renderHost(target: ForwardTarget): TemplateResult | typeof nothing {
    if (target.kind === 'address') return nothing;
    const name = this.hostNames.get(target.hostId) ?? t('forward.unknown-host');
    return html`<a href="${this.hostBase}/${target.hostId}">${name}</a>`;
  }

  /** Where it leads, or that nobody can tell just now. */
  protected renderAddress(address: string | undefined, ports = ''): TemplateResult {
    return address === undefined
      ? html`<span title=${t('forward.target-missing-title')}>${t('forward.target-missing')}</span>`
      : html`<code>${address}${ports}</code>`;
  }
}
