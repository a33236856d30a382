import { css, html } from 'lit';
import { SgElement } from '../../shared/components/sg-element.ts';
import { readForm, textField } from '../../shared/components/templates.ts';
import { parseCode } from '../data/enrolment.ts';
import { t } from '../messages.ts';

/** Where a person types the code that a machine shows. Emits `sg-code` with the code as `ABCD-EFGH`. */
export class SgCodeForm extends SgElement {
  static override properties = { error: { state: true } };
  static override styles = [
    SgElement.styles,
    css`
      input {
        max-width: 220px;
        font-family: var(--sg-mono);
        font-size: 17px !important;
        letter-spacing: 0.12em;
        text-transform: uppercase;
      }
    `,
  ];
  error: string | undefined;

  protected override render() {
    return html`<form novalidate @submit=${this.#submit}>
      ${textField({ name: 'code', label: t('add.code'), placeholder: 'BCDF-GHJK', maxLength: 12, error: this.error })}
      <div class="form-end"><button class="btn">${t('add.code-continue')}</button></div>
    </form>`;
  }

  readonly #submit = (event: SubmitEvent): void => {
    const code = parseCode(readForm(event).code ?? '');
    this.error = code === undefined ? t('add.code-error') : undefined;
    if (code !== undefined) this.emit('sg-code', code);
  };
}
customElements.define('sg-code-form', SgCodeForm);
