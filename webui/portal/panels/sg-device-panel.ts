import {
  NewProfile,
  type PortalNode,
  type ProfileCreated,
  profileFileName,
  renderProfile,
} from '@sidegate/protocol';
import { css, html, nothing } from 'lit';
import * as v from 'valibot';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-copy.ts';
import '../../shared/components/sg-empty.ts';
import { fitsQr } from '../../shared/components/sg-qr.ts';
import { pageHead, readForm, textField, whenLoaded } from '../../shared/components/templates.ts';
import { validate } from '../../shared/data/validate.ts';
import { createProfile, generateDeviceKeys, renewProfile } from '../data/profiles.ts';
import { t } from '../messages.ts';
import { PortalPanel } from './portal-panel.ts';

const NewDevice = v.pick(NewProfile, ['name']);

/** What was made, with the key that nobody else has. Gone when the page is left. */
interface Made extends ProfileCreated {
  readonly privateKey: string;
}

/** A phone or computer with the stock WireGuard app: a new one, or (`:id`) one whose profile is made anew. */
export class SgDevicePanel extends PortalPanel {
  static override properties = { ...PortalPanel.properties, made: { state: true }, errors: { state: true } };
  static override styles = [
    PortalPanel.styles,
    css`
      .made {
        display: flex;
        flex-wrap: wrap;
        gap: 20px 28px;
        align-items: flex-start;
      }
      .made > div {
        flex: 1 1 280px;
        min-width: 0;
      }
      sg-qr {
        flex: 0 1 360px;
      }
      ol {
        margin: 0 0 16px;
        padding-left: 1.3em;
      }
      li {
        margin: 6px 0;
      }
      .hint {
        margin-bottom: 14px;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: 10px;
        margin: 14px 0;
      }
      details pre {
        overflow-x: auto;
      }
      summary {
        min-height: 24px;
        cursor: pointer;
      }
    `,
  ];
  made: Made | undefined;
  errors: Readonly<Record<string, string>> = {};
  readonly #nodes = this.live((portal) => portal.nodes);

  protected override render() {
    if (this.made !== undefined) return this.#renderMade(this.made);
    const { id } = this.params;
    if (id === undefined)
      return html`${pageHead(t('device.title'), t('device.descr'))} ${this.#renderForm()}`;
    return whenLoaded(this.#nodes.state, this.#nodes.retry, () => {
      const node = this.portal.nodes.get(id);
      return node?.profile === undefined
        ? html`${pageHead(t('node.gone'), nothing)}<div class="section">
            <sg-empty icon="search" heading=${t('node.gone')} text=${t('node.gone-text')}></sg-empty>
          </div>`
        : html`${pageHead(t('device.renew-title', { name: node.name }), t('device.renew-descr'))} ${this.#renderRenew(node)}`;
    });
  }

  #renderError() {
    const error = this.actions.error('make');
    return error === undefined ? nothing : html`<sg-alert class="form-end" .error=${error}></sg-alert>`;
  }

  #renderForm() {
    return html`<section class="section" aria-label=${t('device.title')}>
      <form class="section-body" novalidate @submit=${this.#create}>
        ${textField({ name: 'name', label: t('device.name'), hint: t('device.name-hint'), maxLength: 63, error: this.errors.name })}
        <p class="form-end cell-sub hint">${t('device.names-hint')}</p>
        ${this.#renderError()}
        <div class="form-end">
          <button class="btn btn-primary" ?disabled=${this.actions.isBusy('make')}>${t('device.create')}</button>
        </div>
      </form>
    </section>`;
  }

  #renderRenew({ id }: PortalNode) {
    return html`<section class="section" aria-label=${t('device.renew')}>
      <div class="section-body">
        <sg-alert tone="warn">${t('device.renew-text')}</sg-alert>
        ${this.#renderError()}
        <div class="row">
          <button
            type="button"
            class="btn btn-primary"
            ?disabled=${this.actions.isBusy('make')}
            @click=${() => void this.#make((publicKey) => renewProfile(this.portal.api, id, publicKey))}
          >
            ${t('device.renew')}
          </button>
          <a class="btn" href=${this.router.href(`/nodes/${id}`)}>${t('action.cancel')}</a>
        </div>
      </div>
    </section>`;
  }

  #renderMade({ node, profile, privateKey }: Made) {
    const text = renderProfile(profile, { privateKey });
    const short = renderProfile(profile, { privateKey, hasComments: false });
    const fits = fitsQr(short);
    return html`${pageHead(t('device.made-title', { name: node.name }), t('device.made-descr'))}
      <section class="section" aria-label=${t('device.made-title', { name: node.name })}>
        <div class="section-body">
          <sg-alert tone="warn">${t('device.once')}</sg-alert>
          <div class="made">
            ${fits ? html`<sg-qr .value=${short} what=${t('device.qr')}></sg-qr>` : nothing}
            <div>
              ${
                fits
                  ? html`<ol>
                    <li>${t('device.step-install')}</li>
                    <li>${t('device.step-scan')}</li>
                    <li>${t('device.step-on')}</li>
                  </ol>`
                  : html`<sg-alert tone="info">${t('device.too-large')}</sg-alert>`
              }
              ${profile.omitted === 0 ? nothing : html`<sg-alert tone="warn">${t('device.omitted', { n: profile.omitted })}</sg-alert>`}
              <div class="row">
                <a
                  class="btn btn-primary"
                  href="data:application/octet-stream,${encodeURIComponent(text)}"
                  download=${profileFileName(node.name)}
                  >${t('device.download')}</a
                >
                <a class="btn" href=${this.router.href('/machines')}>${t('add.done')}</a>
              </div>
              <details>
                <summary>${t('device.show')}</summary>
                <pre tabindex="0" aria-label=${t('device.text')}>${text}</pre>
                <sg-copy .value=${text} what=${t('device.text')} label=${t('device.copy')}></sg-copy>
              </details>
            </div>
          </div>
        </div>
      </section>`;
  }

  readonly #create = async (event: SubmitEvent): Promise<void> => {
    const parsed = validate(
      NewDevice,
      { name: readForm(event).name?.trim() },
      { name: t('node.name-error') },
    );
    this.errors = parsed.ok ? {} : parsed.errors;
    if (!parsed.ok) return;
    const { name } = parsed.value;
    await this.#make((publicKey) => createProfile(this.portal.api, { name, publicKey }));
  };

  async #make(send: (publicKey: NewProfile['publicKey']) => Promise<ProfileCreated>): Promise<void> {
    this.made = await this.actions.run('make', async () => {
      const { privateKey, publicKey } = await generateDeviceKeys();
      return { ...(await send(publicKey)), privateKey };
    });
    if (this.made !== undefined) this.portal.nodes.put(this.made.node);
  }
}
customElements.define('sg-device-panel', SgDevicePanel);
