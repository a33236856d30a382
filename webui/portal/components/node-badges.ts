/** Badges about a node that several pages show. */
import type { PathSummary } from '@sidegate/protocol';
import { html, type TemplateResult } from 'lit';
import '../../shared/components/sg-badge.ts';
import { countPaths } from '../data/select-nodes.ts';
import { t } from '../messages.ts';

const TONES = { direct: 'ok', relayed: 'info', down: 'neutral' } as const;

/** How many paths are direct, relayed, down. */
export const pathBadges = (paths: readonly PathSummary[]): TemplateResult | TemplateResult[] => {
  const counts = countPaths(paths);
  const states = (['direct', 'relayed', 'down'] as const).filter((state) => counts[state] > 0);
  if (states.length === 0) return html`<span class="muted small">${t('edge.no-paths')}</span>`;
  return states.map(
    (state) =>
      html`<sg-badge tone=${TONES[state]} dot>${t(`edge.${state}`, { n: counts[state] })}</sg-badge>`,
  );
};

/** The tags of a node. */
export const nodeTags = (tags: readonly string[]): TemplateResult[] =>
  tags.map((tag) => html`<sg-badge>${tag}</sg-badge>`);
