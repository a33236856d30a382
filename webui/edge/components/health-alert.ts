/** A health warning as a box in the page. */
import type { HealthWarning } from '@sidegate/protocol';
import { html, type TemplateResult } from 'lit';
import '../../shared/components/sg-alert.ts';
import '../../shared/components/sg-time.ts';
import { t } from '../messages.ts';

const SEVERITY_TONE = { info: 'info', warning: 'warn', error: 'error' } as const;

/** What is wrong, what to do, who says so since when. */
export const healthAlert = ({
  code,
  severity,
  title,
  hint,
  source,
  sinceMs,
}: HealthWarning): TemplateResult =>
  html`<sg-alert tone=${SEVERITY_TONE[severity]} heading=${title}>
    ${hint}
    <div class="small"><code>${code}</code> ${t('overview.source', { source })}, <sg-time .at=${sinceMs}></sg-time></div>
  </sg-alert>`;
