/** Templates that were added here, and which hosts those that apply themselves have met: one file in the state area. */
import { Mac, Template, TemplateName } from '@sidegate/protocol';
import * as v from 'valibot';
import { AgentError } from '../../errors.ts';
import type { Files } from '../../ports/index.ts';

const FILE = 'templates.json';

/** Hosts of one template that applies itself: those that were there before it, and those it was applied to. */
const Met = v.strictObject({ before: v.array(Mac), done: v.array(Mac) });

const TemplatesFile = v.strictObject({
  version: v.literal(1),
  templates: v.array(Template),
  met: v.record(TemplateName, Met),
});

/** What is kept. */
export type TemplateState = Pick<v.InferOutput<typeof TemplatesFile>, 'templates' | 'met'>;

/** Reads it; `undefined` where there never was one. Throws TEMPLATES_UNREADABLE after setting a broken one aside. */
export const loadTemplates = async (files: Files): Promise<TemplateState | undefined> => {
  const text = await files.readText('state', FILE);
  if (text === undefined) return undefined;
  const file = v.safeParse(v.pipe(v.string(), v.parseJson(), TemplatesFile), text);
  if (file.success) return file.output;
  await files.writeText('state', `${FILE}.broken`, text);
  await files.remove('state', FILE);
  throw new AgentError('TEMPLATES_UNREADABLE', 'The file of templates cannot be read');
};

/** Writes it. */
export const saveTemplates = ({ writeText }: Files, state: TemplateState): Promise<void> =>
  writeText('state', FILE, `${JSON.stringify({ version: 1, ...state }, null, 2)}\n`);
