/** The state of reaching a peer, as a badge. */
import type { PathState } from '@sidegate/protocol';
import { html, type TemplateResult } from 'lit';
import './sg-badge.ts';
import { t } from '../i18n/common.ts';

const TONES = { direct: 'ok', relayed: 'info', down: 'neutral' } as const;

export const pathBadge = (state: PathState): TemplateResult =>
  html`<sg-badge tone=${TONES[state]} dot>${t(`path.${state}`)}</sg-badge>`;
