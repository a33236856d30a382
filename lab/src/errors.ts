import { defineErrors } from '@sidegate/kit';

/** What can go wrong in the lab itself, as opposed to in what it carries. */
export const LabError = defineErrors('LabError', {
  LAB_UNSUPPORTED: {
    hint: 'Run as root on Linux with network namespaces; `probeCapabilities()` says what is missing.',
    retry: 'never',
    blame: 'system',
  },
  LAB_COMMAND_FAILED: {
    hint: 'Its standard error is in the message; it ran inside the machine named there.',
    retry: 'never',
    blame: 'bug',
  },
  LAB_TIMEOUT: {
    hint: 'The awaited state was not reached; the message names the machine and what it last said.',
    retry: 'never',
    blame: 'bug',
  },
  LAB_BAD_TOPOLOGY: {
    hint: 'Names are short and unique per place; addresses lie inside the network they are plugged into.',
    retry: 'never',
    blame: 'operator',
  },
});
/** An error of the lab, by its code. */
export type LabError = InstanceType<typeof LabError>;
