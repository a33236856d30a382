/** Texts of the portal, all in one catalogue; `messages/` holds them a page each. */
import { commonMessages } from '../shared/i18n/common.ts';
import { createTranslate } from '../shared/i18n/translate.ts';
import { addMessages } from './messages/add.ts';
import { appMessages } from './messages/app.ts';
import { edgesMessages } from './messages/edges.ts';
import { nodesMessages } from './messages/nodes.ts';
import { peopleMessages } from './messages/people.ts';

const messages = {
  ...commonMessages,
  ...appMessages,
  ...edgesMessages,
  ...nodesMessages,
  ...addMessages,
  ...peopleMessages,
};

export const t = createTranslate(messages);
