/** All publications of the edge as a file. */
import type { ImportPlan, PublicationFile } from '@sidegate/protocol';
import type { ApiClient } from '../../shared/data/api-client.ts';

export const fetchPublications = (api: ApiClient): Promise<PublicationFile> => api.get('/publications');

/** How a file is taken over. */
export interface ImportOptions {
  /** Removes what is not in the file. */
  readonly isReplace: boolean;
  readonly isDryRun: boolean;
}

/** What the server makes of a file; it alone judges whether it is one. */
export const importPublications = (
  api: ApiClient,
  file: unknown,
  { isReplace, isDryRun }: ImportOptions,
): Promise<ImportPlan> =>
  api.post(`/publications/import?replace=${isReplace ? 1 : 0}&dryRun=${isDryRun ? 1 : 0}`, file);
