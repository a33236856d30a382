import { html } from 'lit';
import { t } from '../i18n/common.ts';
import './sg-dialog.ts';
import { SgElement } from './sg-element.ts';

/** A question before something that cannot be undone. */
export interface Question {
  readonly heading: string;
  readonly text: string;
  /** The words on the button: what will happen, never "OK". */
  readonly confirm: string;
  readonly danger?: boolean;
}

/** Draws one question; use `askConfirm`. */
export class SgConfirm extends SgElement {
  static override properties = { question: { attribute: false } };
  question: Question = { heading: '', text: '', confirm: '' };

  protected override render() {
    const { heading, text, confirm, danger } = this.question;
    return html`<sg-dialog open heading=${heading} @sg-close=${() => this.#answer(false)}>
      <p>${text}</p>
      <button slot="actions" type="button" class="btn" @click=${() => this.#answer(false)}>${t('action.cancel')}</button>
      <button
        slot="actions"
        type="button"
        class="btn ${danger === true ? 'btn-danger btn-solid' : 'btn-primary'}"
        @click=${() => this.#answer(true)}
      >
        ${confirm}
      </button>
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
