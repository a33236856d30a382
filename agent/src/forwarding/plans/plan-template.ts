/**
 * A template applied to hosts: new publications, each as if a person had asked for it, none of what is published
 * already. Publications are bound to the host, so they follow it by its hardware address. Pure.
 */
import {
  type AddressId,
  allowOfWords,
  type ForwardId,
  type Host,
  parseTemplatePorts,
  type Template,
  type TemplateStep,
} from '@sidegate/protocol';
import { AgentError } from '../../errors.ts';
import type { AddressRecord } from '../address-record.ts';
import { type ForwardRecord, protocolsOf } from '../forward-record.ts';
import type { Publication } from '../publication.ts';
import { planAddress } from './plan-address.ts';
import { type ForwardingState, planForward } from './plan-forward.ts';

/** Room for the port, or what listens there. */
const LONGEST_NAME = 60;

/** Is the template meant for this host? */
export const isMeantFor = (
  { kinds, macPrefixes }: Pick<Template, 'kinds' | 'macPrefixes'>,
  { kind, mac }: Pick<Host, 'kind' | 'mac'>,
): boolean =>
  kinds.includes(kind) ||
  (mac !== undefined && macPrefixes.some((prefix) => mac === prefix || mac.startsWith(`${prefix}:`)));

const leadsToHost = ({ target, hostMac }: Publication, host: Host): boolean =>
  target.kind === 'address'
    ? host.addresses.includes(target.address)
    : target.hostId === host.id || (hostMac !== undefined && hostMac === host.mac);

/** What new publications need. */
export interface TemplateMakings {
  readonly newId: { forward(): ForwardId; address(): AddressId };
  readonly owner: string;
  readonly at: number;
}

/** The records as they will be, and what that means for each host. */
export interface PlannedTemplate {
  readonly forwards: readonly ForwardRecord[];
  readonly addresses: readonly AddressRecord[];
  readonly steps: readonly TemplateStep[];
}

type Ports = NonNullable<ReturnType<typeof parseTemplatePorts>>;

const portsOf = ({ ports }: Template): readonly Ports[] =>
  ports.map(parseTemplatePorts).filter((one) => one !== undefined);

/** What every publication of the template has. */
const commonOf = ({ name, allow, forSec }: Template, host: Host, at: number) => ({
  target: { kind: 'host', hostId: host.id } as const,
  note: `Template ${name}`,
  ...(allow.length === 0 ? {} : { allow: allowOfWords(allow) }),
  ...(forSec === undefined ? {} : { expiresAt: at + forSec * 1000 }),
});

const textOf = ({ from, count, protocol }: Ports): string =>
  `${from}${count === 1 ? '' : `-${from + count - 1}`}/${protocol}`;

const isCovered = ({ protocol, from, count }: Ports, forward: ForwardRecord): boolean =>
  forward.targetPort <= from &&
  from + count <= forward.targetPort + (forward.portCount ?? 1) &&
  protocolsOf(protocol).every((one) => protocolsOf(forward.protocol).includes(one));

/** Plans all of it over what is there. `state.forwards` are the present ones. */
export const planTemplate = (
  template: Template,
  hosts: readonly Host[],
  present: readonly AddressRecord[],
  state: ForwardingState,
  { newId, owner, at }: TemplateMakings,
): PlannedTemplate => {
  let forwards = state.forwards;
  let addresses = present;
  const addForward = (host: Host, ports: Ports): Pick<TemplateStep, 'what' | 'title'> => {
    const title = textOf(ports);
    const there = forwards.find((one) => leadsToHost(one, host) && isCovered(ports, one));
    if (there !== undefined) return { what: 'present', title: `${title} by port ${there.edgePort}` };
    const service = host.services.find(({ port }) => port === ports.from)?.name ?? ports.from;
    const made = planForward(
      {
        ...commonOf(template, host, at),
        label: `${host.name.slice(0, LONGEST_NAME)} ${service}`.slice(0, 80),
        protocol: ports.protocol,
        targetPort: ports.from,
        portCount: ports.count,
      },
      { ...state, forwards },
      { id: newId.forward(), owner, at },
    );
    forwards = [...forwards, made];
    return { what: 'added', title: `${title} by port ${made.edgePort}` };
  };
  const addAddress = (host: Host): Pick<TemplateStep, 'what' | 'title'> => {
    const there = addresses.find((one) => leadsToHost(one, host));
    if (there !== undefined) return { what: 'present', title: there.name };
    const ports = portsOf(template).flatMap(({ protocol, from, count }) =>
      protocolsOf(protocol).map((one) => ({ protocol: one, from, to: from + count - 1 })),
    );
    const made = planAddress(
      { ...commonOf(template, host, at), label: '', ...(ports.length === 0 ? {} : { ports }) },
      addresses,
      state,
      { id: newId.address(), owner, at },
    );
    addresses = [...addresses, made];
    return { what: 'added', title: made.name };
  };
  const attempt = (host: Host, title: string, make: () => Pick<TemplateStep, 'what' | 'title'>) => {
    const step = { hostId: host.id, hostName: host.name };
    try {
      return { ...step, ...make() };
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      return { ...step, what: 'refused' as const, title, why: error.message, code: error.code };
    }
  };
  const steps = hosts.flatMap((host): TemplateStep[] =>
    template.as === 'address'
      ? [attempt(host, 'an address', () => addAddress(host))]
      : portsOf(template).map((ports) => attempt(host, textOf(ports), () => addForward(host, ports))),
  );
  return { forwards, addresses, steps };
};
