/** Templates that need no thought. Data; what is in the configuration or was added goes before. */
import { Template } from '@sidegate/protocol';
import * as v from 'valibot';

/** None of them is applied by itself. */
export const BUILT_IN_TEMPLATES: readonly Template[] = v.parse(v.array(Template), [
  { name: 'camera', kinds: ['camera', 'doorbell'], ports: ['80', '554'] },
  { name: 'printer', kinds: ['printer'], ports: ['80', '631', '9100'] },
  { name: 'router', kinds: ['router', 'modem'], ports: ['80', '443'] },
  { name: 'remote-desktop', kinds: ['computer'], ports: ['3389'] },
]);
