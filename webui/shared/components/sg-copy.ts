import { css, html } from 'lit';
import { t } from '../i18n/common.ts';
import { SgElement } from './sg-element.ts';
import './sg-icon.ts';
import { showToast } from './toast.ts';

/** How long the tick stays after copying. */
const DONE_MS = 1600;

const copyText = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
};

/** The clipboard API exists on secure origins only, and an edge is plain HTTP inside its tunnel. */
const copyBySelection = (text: string): boolean => {
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
};

/** A button that copies `value`; `what` names it: "Copy address". With `label` it shows words beside the icon. */
export class SgCopy extends SgElement {
  static override properties = {
    value: { type: String },
    what: { type: String },
    label: { type: String },
    done: { state: true },
  };
  static override styles = [
    SgElement.styles,
    css`
      :host {
        display: inline-flex;
        flex: none;
      }
      .btn.btn-icon {
        min-height: 26px;
        margin-block: -4px;
        padding: 3px 5px;
        color: var(--sg-text-muted);
      }
      .done {
        color: var(--sg-ok);
      }
    `,
  ];
  value = '';
  what = '';
  label = '';
  done = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  protected override render() {
    const name = t('copy.label', { what: this.what });
    const icon = html`<sg-icon name=${this.done ? 'check' : 'copy'} size="15"></sg-icon>`;
    const classes = `btn ${this.label === '' ? 'btn-plain btn-icon' : 'btn-small'} ${this.done ? 'done' : ''}`;
    return html`<button type="button" class=${classes} aria-label=${name} title=${name} @click=${this.#copy}>
        ${icon}${this.done && this.label !== '' ? t('copy.done') : this.label}
      </button>
      <span class="visually-hidden" role="status">${this.done ? t('copy.done') : ''}</span>`;
  }

  readonly #copy = async (): Promise<void> => {
    this.done = await copyText(this.value);
    if (!this.done) showToast(this, { tone: 'error', text: t('copy.failed') });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.done = false;
    }, DONE_MS);
  };
}
customElements.define('sg-copy', SgCopy);
