import { html, nothing, type TemplateResult } from 'lit';
import type { ApiError } from '../data/api-error.ts';
import { t } from '../i18n/common.ts';
import './sg-alert.ts';
import './sg-dialog.ts';

/** A form in a modal, with what the server said to it, "Cancel" and "Save". */
export const editDialog = (
  options: {
    readonly isOpen: boolean;
    readonly heading: string;
    readonly error: ApiError | undefined;
    readonly isBusy: boolean;
    readonly onClose: () => void;
    readonly onSubmit: (event: SubmitEvent) => void;
  },
  fields: TemplateResult,
): TemplateResult => {
  const { isOpen, heading, error, isBusy, onClose, onSubmit } = options;
  return html`<sg-dialog ?open=${isOpen} heading=${heading} @sg-close=${onClose}>
    <form id="edit" class="stacked" novalidate @submit=${onSubmit}>
      ${fields} ${error === undefined ? nothing : html`<sg-alert .error=${error}></sg-alert>`}
    </form>
    <button slot="actions" type="button" class="btn" @click=${onClose}>${t('action.cancel')}</button>
    <button slot="actions" class="btn btn-primary" form="edit" ?disabled=${isBusy}>${t('action.save')}</button>
  </sg-dialog>`;
};
