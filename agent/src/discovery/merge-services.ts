/** Open ports of one host: what a probe heard is worth more than what a port number suggests. */
import { type HostService, LIMITS } from '@sidegate/protocol';
import { sanitizeText } from '../strangers/sanitize-text.ts';

const BANNER_LENGTH = 160;
const isGuess = (name: string): boolean => /^(tcp|udp)-\d+$/.test(name);

/** `tcp/80`, the identity of a service on its host. */
export const serviceKey = ({ protocol, port }: Pick<HostService, 'protocol' | 'port'>): string =>
  `${protocol}/${port}`;

/** A service whose texts are fit to be kept. */
export const sanitizeService = (service: HostService): HostService => {
  const { title, banner, ...rest } = service;
  const cleanTitle = sanitizeText(title ?? '', LIMITS.labelLength);
  const cleanBanner = sanitizeText(banner ?? '', BANNER_LENGTH);
  return {
    ...rest,
    name: sanitizeText(service.name, 32) ?? serviceKey(service).replace('/', '-'),
    ...(cleanTitle === undefined ? {} : { title: cleanTitle }),
    ...(cleanBanner === undefined ? {} : { banner: cleanBanner }),
  };
};

const isEqual = (one: HostService, other: HostService): boolean =>
  one.name === other.name &&
  one.title === other.title &&
  one.banner === other.banner &&
  one.scheme === other.scheme;

/** Adds or completes one service; `undefined` where nothing changes or the bound is reached. */
export const mergeService = (
  services: readonly HostService[],
  found: HostService,
): readonly HostService[] | undefined => {
  const service = sanitizeService(found);
  const at = services.findIndex((one) => serviceKey(one) === serviceKey(service));
  const old = services[at];
  if (old === undefined) {
    if (services.length >= LIMITS.servicesPerHost) return undefined;
    return [...services, service].sort((one, other) => one.port - other.port);
  }
  const merged = { ...old, ...service, name: isGuess(service.name) ? old.name : service.name };
  return isEqual(old, merged) ? undefined : services.with(at, merged);
};
