import { html, nothing, type TemplateResult } from 'lit';
import { t } from '../i18n/common.ts';
import './sg-dialog.ts';
import { SgElement } from './sg-element.ts';

/** A question before something that cannot be undone. */
export interface Question {
  readonly heading: string;
  readonly text: string;
  /** Below the text, where words do not do. */
  readonly content?: TemplateResult;
  /** The words on the button: what will happen, never "OK". Without them there is nothing to do but to close. */
  readonly confirm?: string;
  readonly danger?: boolean;
}

/** Draws one question; use `askConfirm`. */
export class SgConfirm extends SgElement {
  static override properties = { question: { attribute: false } };
  question: Question = { heading: '', text: '' };

  protected override render() {
    const { heading, text, content, confirm, danger } = this.question;
    return html`<sg-dialog open heading=${heading} @sg-close=${() => this.#answer(false)}>
      ${text === '' ? nothing : html`<p>${text}</p>`} ${content}
      <button slot="actions" type="button" class="btn" @click=${() => this.#answer(false)}>
        ${t(confirm === undefined ? 'action.close' : 'action.cancel')}
      </button>
      ${
        confirm === undefined
          ? nothing
          : html`<button
              slot="actions"
              type="button"
              class="btn ${danger === true ? 'btn-danger btn-solid' : 'btn-primary'}"
              @click=${() => this.#answer(true)}
            >
              ${confirm}
            </button>`
      }
    </sg-dialog>`;
  }

  #answer(yes: boolean): void {
    this.emit('sg-answer', yes);
  }
}
customElements.define('sg-confirm', SgConfirm);

/** Asks in a modal dialog; resolves to whether the person confirmed. */
export const askConfirm = (question: Question): Promise<boolean> =>
  new Promise((resolve) => {
    const element = document.createElement('sg-confirm') as SgConfirm;
    element.question = question;
    element.addEventListener('sg-answer', (event) => {
      element.remove();
      resolve((event as CustomEvent<boolean>).detail);
    });
    document.body.append(element);
  });
