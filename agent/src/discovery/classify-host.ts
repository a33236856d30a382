/** What a device is, from rules as data. Every rule that fits adds its weight; the heaviest kind wins and says why. */
import type { HostKind, HostService } from '@sidegate/protocol';
import { KIND_RULES, type KindRule } from './kind-rules.ts';
import type { ObservedField } from './observation.ts';

/** What the rules look at. */
export interface HostTraits {
  readonly vendor?: string;
  readonly isRandomMac: boolean;
  readonly services: readonly HostService[];
  /** Values of observed fields; several where several were seen. */
  readonly fields: ReadonlyMap<ObservedField, readonly string[]>;
}

const matches = (rule: KindRule, traits: HostTraits): string | undefined => {
  if (rule.randomMac) return traits.isRandomMac ? 'random' : undefined;
  if (rule.vendor !== undefined) return rule.vendor.test(traits.vendor ?? '') ? traits.vendor : undefined;
  if (rule.service !== undefined) {
    const found = traits.services.find(({ name }) => rule.service!.test(name));
    return found && `${found.name} on ${found.port}`;
  }
  for (const field of rule.fields ?? []) {
    const value = traits.fields.get(field)?.find((text) => rule.pattern!.test(text));
    if (value !== undefined) return value;
  }
  return undefined;
};

/** The kind, and the reasons in one sentence; `unknown` without a reason where no rule fits. */
export const classifyHost = (
  traits: HostTraits,
  rules: readonly KindRule[] = KIND_RULES,
): { readonly kind: HostKind; readonly why: string } => {
  const scores = new Map<HostKind, { weight: number; reasons: string[] }>();
  for (const rule of rules) {
    const match = matches(rule, traits);
    if (match === undefined) continue;
    const score = scores.get(rule.kind) ?? { weight: 0, reasons: [] };
    score.weight += rule.weight;
    score.reasons.push(`${rule.why}: ${match}`);
    scores.set(rule.kind, score);
  }
  const [best] = [...scores].sort(([, one], [, other]) => other.weight - one.weight);
  if (best === undefined) return { kind: 'unknown', why: '' };
  return { kind: best[0], why: best[1].reasons.slice(0, 3).join('; ') };
};
