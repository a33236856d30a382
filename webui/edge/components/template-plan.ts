/** A template's plan as people read it. */
import type { TemplatePlan, TemplateStep } from '@sidegate/protocol';
import { html, type TemplateResult } from 'lit';
import { t } from '../messages.ts';
import './sg-plan-steps.ts';

const TONES = { added: 'ok', present: 'neutral', refused: 'error' } as const;
/** A home may have hundreds of hosts of one sort. */
const MOST_SHOWN = 40;
const ORDER: readonly TemplateStep['what'][] = ['refused', 'added', 'present'];

/** How many publications it would add. */
export const countAdded = ({ steps }: TemplatePlan): number =>
  steps.filter(({ what }) => what === 'added').length;

/** The sum of it, then step by step, what is refused first. */
export const templatePlan = (plan: TemplatePlan): TemplateResult => {
  const { steps } = plan;
  if (steps.length === 0) return html`<p class="muted">${t('template.no-hosts')}</p>`;
  const n = countAdded(plan);
  const sorted = ORDER.flatMap((wanted) => steps.filter(({ what }) => what === wanted));
  const shown = sorted.slice(0, MOST_SHOWN).map(({ what, hostName, title, why }) => ({
    tone: TONES[what],
    what: t(`template.step-${what}`),
    title: `${hostName}: ${title}`,
    why,
  }));
  const hidden = steps.length - shown.length;
  return html`<p><strong>${n === 0 ? t('template.nothing-new') : t('template.would', { n })}</strong></p>
    <sg-plan-steps .steps=${shown}></sg-plan-steps>
    ${hidden === 0 ? '' : html`<p class="muted">${t('template.more', { n: hidden })}</p>`}`;
};
