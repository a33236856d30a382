/** Templates: what is published of hosts of one sort, such as ports 80 and 554 of cameras. */
import * as v from 'valibot';
import { HostKind } from './discovery-api.ts';
import { type NewForwardAllow, parseSources } from './forwarding-api.ts';
import { HostId, plainText } from './ids.ts';
import { LIMITS } from './limits.ts';

const PORTS = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|both))?$/;

/** `80`, `161/udp`, `10000-10019/both` taken apart; `undefined` for anything else. */
export const parseTemplatePorts = (
  text: string,
):
  | { readonly protocol: 'tcp' | 'udp' | 'both'; readonly from: number; readonly count: number }
  | undefined => {
  const [, first, last = first, protocol = 'tcp'] = PORTS.exec(text) ?? [];
  const [from, count] = [Number(first), Number(last) - Number(first) + 1];
  const isRange = from >= 1 && Number(last) <= 65_535 && count >= 1 && count <= LIMITS.portsPerForward;
  return isRange ? { protocol: protocol as 'tcp' | 'udp' | 'both', from, count } : undefined;
};

const WHO = /^(?:(node|tag|user):)?([^:\s]+)$/;

/** The sources that a template names, which its schema found clear, as a new publication says them. */
export const allowOfWords = (words: readonly string[]): NewForwardAllow =>
  parseSources(words).allow as NewForwardAllow;

/** Short enough for a label, and a word that a shell takes as it is. */
export const TemplateName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'a name of a-z, 0-9 and hyphens, at most 32'),
);

/** The form in which configuration, API and command line write a template. It matches by either kinds or prefixes. */
export const Template = v.pipe(
  v.strictObject({
    name: TemplateName,
    kinds: v.optional(v.array(HostKind), []),
    /** Beginnings of hardware addresses: `44:19:b6`. */
    macPrefixes: v.optional(
      v.pipe(
        v.array(
          v.pipe(
            v.string(),
            v.toLowerCase(),
            v.regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){0,5}$/, 'a MAC prefix such as 44:19:b6'),
          ),
        ),
        v.maxLength(64),
      ),
      [],
    ),
    /** `80`, `161/udp`, `10000-10019/both`. Of an address: what it lets through, everything without them. */
    ports: v.optional(
      v.pipe(
        v.array(
          v.pipe(
            v.string(),
            v.check(
              (text) => parseTemplatePorts(text) !== undefined,
              'ports such as 80, 161/udp or 10000-10019',
            ),
          ),
        ),
        v.maxLength(16),
      ),
      [],
    ),
    /** A forward for each of the ports, or an address of the host's own. */
    as: v.optional(v.picklist(['forwards', 'address']), 'forwards'),
    /** Applied by itself, once, to every host found from then on that matches. A decision on security: off. */
    auto: v.optional(v.boolean(), false),
    /** `laptop`, `tag:support`, `user:anna`; without them whoever policy permits. */
    allow: v.optional(
      v.pipe(
        v.array(v.pipe(plainText(100), v.regex(WHO, 'laptop, tag:support or user:anna'))),
        v.maxLength(64),
      ),
      [],
    ),
    /** What is published by it ends after this time. */
    forSec: v.optional(v.pipe(v.number(), v.integer(), v.minValue(60), v.maxValue(10 * 366 * 86_400))),
  }),
  v.check(({ as, ports }) => as === 'address' || ports.length > 0, 'ports: one at least'),
);
export type Template = v.InferOutput<typeof Template>;

/** `GET /templates`. */
export const TemplateView = v.strictObject({
  name: v.string(),
  kinds: v.array(HostKind),
  macPrefixes: v.array(v.string()),
  ports: v.array(v.string()),
  as: v.picklist(['forwards', 'address']),
  auto: v.boolean(),
  allow: v.array(v.string()),
  forSec: v.optional(v.number()),
  /** `here`: added by `POST /templates`, which replaces a built-in one of the name. */
  from: v.picklist(['built-in', 'config', 'here']),
  /** Hosts known just now that it is meant for. */
  hostIds: v.array(HostId),
  /** Why one of the configuration is left out; nothing else of it is known then. */
  fault: v.optional(v.string()),
});
export type TemplateView = v.InferOutput<typeof TemplateView>;

/** `POST /templates/:name/apply`: to one host, whatever it is, or to all that match. */
export const TemplateUse = v.strictObject({ hostId: v.optional(HostId) });
export type TemplateUse = v.InferOutput<typeof TemplateUse>;
/** What comes of one port of one host. `present`: it is published already. */
export const TemplateStep = v.strictObject({
  hostId: HostId,
  hostName: v.string(),
  what: v.picklist(['added', 'present', 'refused']),
  /** For people: `8001/tcp to port 554`, or the name that the host gets. */
  title: v.string(),
  why: v.optional(v.string()),
  code: v.optional(v.string()),
});
export type TemplateStep = v.InferOutput<typeof TemplateStep>;
/** The answer; with `?dryRun=1` nothing is applied. What is refused is left out, the rest is published. */
export const TemplatePlan = v.strictObject({ isApplied: v.boolean(), steps: v.array(TemplateStep) });
export type TemplatePlan = v.InferOutput<typeof TemplatePlan>;
