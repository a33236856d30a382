import {
  describeObstacle,
  findObstacles,
  type NftObjects,
} from '../../forwarding/rules/foreign-firewalls.ts';
import { type Finding, ok, warn } from './finding.ts';

/** Other programs' firewalls as findings. Pure. */
export const judgeForeignFirewalls = (objects: NftObjects, interfaceName: string): Finding[] => {
  const obstacles = findObstacles(objects, interfaceName);
  if (obstacles.length === 0) return [ok('firewalls', 'No other firewall is in the way')];
  return obstacles.map((obstacle) => warn('firewalls', describeObstacle(obstacle), obstacle.hint));
};
