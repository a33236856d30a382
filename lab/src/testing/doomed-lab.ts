/** A lab with all that could be left behind, for the test that kills it: prints its machines, then waits to be killed. */
import { once } from 'node:events';
import { createLab } from '../index.ts';

const lab = await createLab();
const home = await lab.addHome('alder', { lan: '192.168.1.0/24', wan: '198.51.100.2' });
const machines = await Promise.all([
  home.addMachine('board', { address: '192.168.1.2' }),
  home.addCamera('camera', { address: '192.168.1.64' }),
  home.addPrinter('printer', { address: '192.168.1.65' }),
  home.addNas('nas', { address: '192.168.1.66' }),
  lab.addServer('broker', { addresses: ['203.0.113.10'] }),
]);
// A daemon in a session of its own, as a data plane that outlives its agent is.
await machines[0].run('sh', ['-c', 'ulimit -n 1024; wireguard-go sg0']);
machines[0].spawn('setsid', ['sh', '-c', 'trap "" TERM HUP INT; exec sleep 600']);
const all = [...machines, home.router, lab.internet.router];
console.log(JSON.stringify({ directory: lab.directory, holders: all.map(({ holderPid }) => holderPid) }));
await once(process.stdin.resume(), 'end');
process.exit(0);
