/** Texts of the edge app, all in one catalogue; `messages/` holds them a page each. */
import { commonMessages } from '../shared/i18n/common.ts';
import { createTranslate } from '../shared/i18n/translate.ts';
import { accessMessages } from './messages/access.ts';
import { addressesMessages } from './messages/addresses.ts';
import { appMessages } from './messages/app.ts';
import { forwardsMessages } from './messages/forwards.ts';
import { hostMessages } from './messages/host.ts';
import { hostsMessages } from './messages/hosts.ts';
import { overviewMessages } from './messages/overview.ts';
import { peersMessages } from './messages/peers.ts';
import { publicationsMessages } from './messages/publications.ts';
import { scopesMessages } from './messages/scopes.ts';
import { templatesMessages } from './messages/templates.ts';

const messages = {
  ...commonMessages,
  ...appMessages,
  ...overviewMessages,
  ...hostsMessages,
  ...hostMessages,
  ...forwardsMessages,
  ...addressesMessages,
  ...publicationsMessages,
  ...templatesMessages,
  ...accessMessages,
  ...scopesMessages,
  ...peersMessages,
};

export const t = createTranslate(messages);
/** Keys of this catalogue. */
export type MessageKey = keyof typeof messages;
