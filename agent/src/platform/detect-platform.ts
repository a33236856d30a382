import { existsSync } from 'node:fs';
import { platform } from 'node:os';
import type { Logger } from '@sidegate/kit';
import { agentPaths } from '../config/paths.ts';
import { AgentError } from '../errors.ts';
import { createDebianPlatform } from './debian.ts';
import { createOpenwrtPlatform } from './openwrt.ts';
import type { Platform } from './platform.ts';

/** The platform of this machine. Throws PLATFORM_UNSUPPORTED where there is none, or no right to use it. */
export const detectPlatform = async (log: Logger): Promise<Platform> => {
  if (platform() !== 'linux') {
    throw new AgentError('PLATFORM_UNSUPPORTED', `The agent does not run on ${platform()}`);
  }
  if (process.getuid?.() !== 0) {
    throw new AgentError('PLATFORM_UNSUPPORTED', 'The agent must run as root', {
      hint: 'Start it with sudo.',
    });
  }
  const options = { paths: agentPaths(), log };
  return existsSync('/etc/openwrt_release')
    ? await createOpenwrtPlatform(options)
    : await createDebianPlatform(options);
};
