import type { Forward, ForwardPatch } from '@sidegate/protocol';
import { html } from 'lit';
import { t } from '../messages.ts';
import { parseForwardPatch } from './parse-forward-form.ts';
import { type ErrorOf, labelField, publicationFields } from './publication-fields.ts';
import { SgFormDialog } from './sg-form-dialog.ts';

/** Changes what may be changed of a forward without making it another one. */
export class SgForwardDialog extends SgFormDialog<ForwardPatch, never> {
  forward!: Forward;
  nodeNames: ReadonlyMap<string, string> = new Map();

  protected override words() {
    const { label, url } = this.forward;
    return { heading: t('forward.edit-heading', { name: label || url }), submit: t('action.save') };
  }

  protected override parse(input: Record<string, string>) {
    return parseForwardPatch(input, Date.now());
  }

  protected override renderFields(error: ErrorOf) {
    return html`${labelField(this.forward.label, error('label'))}
      ${publicationFields(this.forward, error, this.nodeNames)}`;
  }
}
customElements.define('sg-forward-dialog', SgForwardDialog);
