import { html, nothing, type TemplateResult } from 'lit';
import '../../shared/components/sg-alert.ts';
import { t } from '../messages.ts';

/** What would be added, and by which rules of the firewall. */
export const planBox = (what: TemplateResult, ruleset: string): TemplateResult =>
  html`<div class="form-end stack plan">
    <sg-alert tone="ok" role="status" heading=${t('plan.title')}>${what}</sg-alert>
    ${
      ruleset === ''
        ? nothing
        : html`<details>
            <summary>${t('plan.ruleset')}</summary>
            <pre tabindex="0">${ruleset}</pre>
          </details>`
    }
  </div>`;
