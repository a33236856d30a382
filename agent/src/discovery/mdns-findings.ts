/**
 * From DNS-SD records (RFC 6763), in whatever order they come, to services on addresses. Keeps what it has heard
 * within one scan, bounded. Records come from strangers: every field is checked for its shape.
 */
import { isIp4, parseIp } from '@sidegate/kit';
import type { HostService, Ip4 } from '@sidegate/protocol';
import { sanitizeText } from '../strangers/sanitize-text.ts';
import type { Observation } from './observation.ts';
import { DNS_SD_SERVICES } from './service-names.ts';

/** A decoded record, of which nothing is believed. */
export interface MdnsRecord {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly data?: unknown;
}
/** What one announcement tells of one device. */
export type MdnsFinding = Pick<Observation, 'address' | 'service' | 'fields'>;

const MAX_KEPT = 2000;
/** Instance names of these are machines' names with decoration, or nothing at all. */
const NAMELESS_TYPES = new Set([
  '_workstation._tcp',
  '_device-info._tcp',
  '_ssh._tcp',
  '_sftp-ssh._tcp',
  '_raop._tcp',
]);
/** TXT keys under which devices tell their model or friendly name. */
const MODEL_KEYS = ['ty', 'md', 'model', 'am', 'fn'];
/** The question that every responder answers with its service types (RFC 6763 section 9). */
export const SERVICES_QUERY = '_services._dns-sd._udp.local';

interface Instance {
  /** Who sent it: the address where no A record tells another. */
  from?: Ip4;
  port?: number;
  target?: string;
  model?: string;
  reported?: string;
}

const asText = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 255) : '');
const typeOf = (name: string): string | undefined =>
  /(_[a-z0-9-]{1,63}\._(?:tcp|udp))\.local\.?$/i.exec(name)?.[1]?.toLowerCase();
const labelOf = (instance: string, type: string): string =>
  instance.slice(0, Math.max(0, instance.toLowerCase().lastIndexOf(`.${type}`)));

const modelOf = (data: unknown): string | undefined => {
  const entries = (Array.isArray(data) ? data : [data]).slice(0, 64);
  const pairs = new Map(
    entries.map((entry) => {
      const text = entry instanceof Uint8Array ? Buffer.from(entry).toString('utf8') : asText(entry);
      const at = text.indexOf('=');
      return [text.slice(0, Math.max(0, at)).toLowerCase(), text.slice(at + 1)] as const;
    }),
  );
  for (const key of MODEL_KEYS) {
    const value = sanitizeText(pairs.get(key) ?? '');
    if (value !== undefined) return value;
  }
  return undefined;
};

/** What is announced, as it becomes known. */
export interface MdnsCollector {
  /** Takes one packet's records; gives what is new, and what to ask next. */
  add(
    records: readonly MdnsRecord[],
    from: Ip4,
  ): {
    readonly findings: readonly MdnsFinding[];
    readonly questions: readonly { readonly name: string; readonly type: 'PTR' | 'SRV' | 'TXT' | 'A' }[];
  };
}

class Collector implements MdnsCollector {
  readonly #types = new Set<string>();
  readonly #instances = new Map<string, Instance>();
  readonly #addresses = new Map<string, Ip4>();
  readonly #isInScope: (address: Ip4) => boolean;

  constructor(isInScope: (address: Ip4) => boolean) {
    this.#isInScope = isInScope;
  }

  add(records: readonly MdnsRecord[], from: Ip4): ReturnType<MdnsCollector['add']> {
    const newTypes: string[] = [];
    for (const record of records.slice(0, 200)) {
      const type = this.#take(record, from);
      if (type !== undefined) newTypes.push(type);
    }
    const questions = [
      ...newTypes.map((type) => ({ name: `${type}.local`, type: 'PTR' as const })),
      ...[...this.#instances].flatMap(([name, { port, model }]) => [
        ...(port === undefined ? [{ name, type: 'SRV' as const }] : []),
        ...(model === undefined ? [{ name, type: 'TXT' as const }] : []),
      ]),
    ];
    return { findings: this.#report(), questions: questions.slice(0, 20) };
  }

  /** Notes one record; gives a service type that was not known. */
  #take({ name, type, data }: MdnsRecord, from: Ip4): string | undefined {
    const owner = asText(name);
    if (type === 'PTR') return this.#takePointer(owner, asText(data), from);
    if (type === 'A') {
      const address = parseIp(asText(data));
      if (
        address !== undefined &&
        isIp4(address) &&
        this.#isInScope(address) &&
        this.#addresses.size < MAX_KEPT
      ) {
        this.#addresses.set(owner.toLowerCase(), address);
      }
      return undefined;
    }
    if (type === 'SRV') {
      const { port, target } = (data ?? {}) as { port?: unknown; target?: unknown };
      const instance = this.#instanceOf(owner, from);
      if (instance === undefined || !Number.isInteger(port)) return undefined;
      instance.port = port as number;
      instance.target = asText(target).toLowerCase();
    } else if (type === 'TXT') {
      const instance = this.#instanceOf(owner, from);
      const model = modelOf(data);
      if (instance !== undefined && model !== undefined) instance.model = model;
    }
    return undefined;
  }

  #takePointer(owner: string, target: string, from: Ip4): string | undefined {
    const type = typeOf(target);
    if (type === undefined) return undefined;
    if (owner.toLowerCase() !== SERVICES_QUERY) {
      this.#instanceOf(target, from);
      return undefined;
    }
    if (this.#types.has(type) || this.#types.size >= 100) return undefined;
    this.#types.add(type);
    return type;
  }

  #instanceOf(name: string, from: Ip4): Instance | undefined {
    const type = typeOf(name);
    if (type === undefined || labelOf(name, type) === '') return undefined;
    const known = this.#instances.get(name);
    if (known !== undefined) return known;
    if (this.#instances.size >= MAX_KEPT) return undefined;
    const instance: Instance = { from };
    this.#instances.set(name, instance);
    return instance;
  }

  #report(): readonly MdnsFinding[] {
    const findings: MdnsFinding[] = [];
    for (const [name, instance] of this.#instances) {
      const finding = this.#findingOf(name, instance);
      if (finding === undefined) continue;
      const text = JSON.stringify(finding);
      if (text === instance.reported) continue;
      instance.reported = text;
      findings.push(finding);
    }
    return findings;
  }

  #findingOf(name: string, { from, port, target, model }: Instance): MdnsFinding | undefined {
    const type = typeOf(name)!;
    const address = this.#addresses.get(target ?? '') ?? from;
    if (address === undefined || !this.#isInScope(address)) return undefined;
    const label = NAMELESS_TYPES.has(type) ? undefined : sanitizeText(labelOf(name, type));
    const host = sanitizeText((target ?? '').replace(/\.local\.?$/, ''));
    const service = serviceOf(type, port);
    return {
      address,
      fields: {
        'mdns-type': type,
        ...(label === undefined ? {} : { 'mdns-name': label }),
        ...(host === undefined ? {} : { 'mdns-host': host }),
        ...(model === undefined ? {} : { 'mdns-model': model }),
      },
      ...(service === undefined ? {} : { service }),
    };
  }
}

const serviceOf = (type: string, port: number | undefined): HostService | undefined => {
  // Port 0 announces that the service is not there (RFC 6763 section 6.3 and the printing profile).
  if (port === undefined || port < 1 || port > 65_535) return undefined;
  const [service, protocol] = type.split('.') as [string, string];
  const known = DNS_SD_SERVICES[type];
  return {
    protocol: protocol === '_udp' ? 'udp' : 'tcp',
    port,
    name: known?.name ?? service.slice(1),
    ...(known?.scheme === undefined ? {} : { scheme: known.scheme }),
  };
};

/** An empty collector for one scan; addresses outside of the scope are not believed. */
export const createMdnsCollector = (isInScope: (address: Ip4) => boolean): MdnsCollector =>
  new Collector(isInScope);
