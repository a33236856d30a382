/** What a daemon of one camera answers to every command. */
import { type Answers, NOW_MS } from './fake-daemon.ts';
import { ADDRESS, CAMERA, CHANGES, FORWARD, HOSTS, PEERS, SCOPES, STATUS, SUGGESTIONS } from './samples.ts';

const IMPORT_STEPS = [
  { noun: 'forward', what: 'added', title: '8001/tcp to 192.168.1.10:80' },
  { noun: 'forward', what: 'changed', title: '8002/tcp to 192.168.1.11:80', why: 'port, label' },
  { noun: 'address', what: 'unchanged', title: 'door to 192.168.1.12' },
];
const TEMPLATE = {
  name: 'camera',
  kinds: ['camera', 'doorbell'],
  macPrefixes: [],
  ports: ['80', '554'],
  as: 'forwards',
  auto: false,
  allow: [],
  from: 'built-in',
  hostIds: [CAMERA.id],
};
const STEPS = [
  { hostId: CAMERA.id, hostName: 'front door', what: 'added', title: '80/tcp by port 8001' },
  { hostId: CAMERA.id, hostName: 'front door', what: 'present', title: '554/tcp by port 5541' },
];
/** What a laptop has open by the forward. */
export const OPEN = {
  kind: 'forward',
  publicationId: FORWARD.id,
  name: FORWARD.url,
  label: FORWARD.label,
  node: 'laptop',
  address: '100.64.0.2',
  services: ['tcp/8001'],
  firstAt: NOW_MS - 60_000,
  lastAt: NOW_MS,
  isOpen: true,
  connections: 3,
};
/** By the request; a test puts its own over them. */
export const ANSWERS: Answers = {
  'GET /status': STATUS,
  'GET /peers': PEERS,
  'GET /hosts': HOSTS,
  'GET /scopes': SCOPES,
  'GET /forwards': [FORWARD],
  'POST /forwards': FORWARD,
  'POST /forwards?dryRun=1': {
    forward: FORWARD,
    ruleset: 'map tcp_targets {\n  8001 : 192.168.1.10 . 80\n}',
  },
  'GET /publications': { format: 'sidegate-publications', version: 1 },
  'POST /publications/import?replace=0&dryRun=1': { isApplied: false, steps: IMPORT_STEPS },
  'POST /publications/import?replace=0': { isApplied: true, steps: IMPORT_STEPS },
  'POST /publications/import?replace=1&dryRun=1': {
    isApplied: false,
    steps: [{ ...IMPORT_STEPS[0], what: 'refused', why: 'Port 8001 of the edge is taken by sshd' }],
  },
  'GET /addresses': [ADDRESS],
  'POST /addresses': ADDRESS,
  'POST /addresses?dryRun=1': { address: ADDRESS, ruleset: 'table inet sidegate {\n}' },
  [`PATCH /addresses/${ADDRESS.id}?dryRun=1`]: {
    address: { ...ADDRESS, ports: [{ protocol: 'tcp', from: 80, to: 80 }] },
    ruleset: '',
  },
  [`PATCH /forwards/${FORWARD.id}?dryRun=1`]: {
    forward: { ...FORWARD, label: 'gate', allowWords: ['laptop'] },
    ruleset: '',
  },
  [`PATCH /addresses/${ADDRESS.id}`]: { ...ADDRESS, enabled: false },
  [`DELETE /addresses/${ADDRESS.id}`]: undefined,
  [`DELETE /addresses/${ADDRESS.id}?dryRun=1`]: { address: ADDRESS, ruleset: '' },
  [`GET /access-log?publication=${ADDRESS.id}`]: { entries: [] },
  [`PATCH /forwards/${FORWARD.id}`]: { ...FORWARD, enabled: false },
  [`DELETE /forwards/${FORWARD.id}`]: undefined,
  [`DELETE /forwards/${FORWARD.id}?dryRun=1`]: { forward: FORWARD, ruleset: '' },
  [`GET /access-log?publication=${FORWARD.id}`]: {
    entries: [OPEN, { ...OPEN, node: 'phone', isOpen: false }],
  },
  'GET /templates': [
    TEMPLATE,
    { ...TEMPLATE, name: 'nas', as: 'address', ports: [], forSec: 7200, from: 'here' },
    { ...TEMPLATE, name: 'attic', kinds: [], ports: [], from: 'config', fault: 'there is no option portz' },
  ],
  'POST /templates?dryRun=1': { isApplied: false, steps: STEPS },
  'POST /templates': { ...TEMPLATE, name: 'door', from: 'here', auto: true },
  'DELETE /templates/door': undefined,
  'POST /templates/camera/apply': { isApplied: true, steps: STEPS },
  'POST /templates/camera/apply?dryRun=1': {
    isApplied: false,
    steps: [...STEPS, { ...STEPS[0], what: 'refused', why: 'No port of the edge is free' }],
  },
  [`POST /hosts/${CAMERA.id}/wake`]: { mac: CAMERA.mac, interfaceName: 'eth0', broadcast: '192.168.1.255' },
  [`GET /hosts/${CAMERA.id}/wake`]: { isAwake: true },
  'POST /scopes': SCOPES[1],
  [`PATCH /scopes/${SCOPES[1]?.id}`]: SCOPES[0],
  'GET /scopes/suggestions': SUGGESTIONS,
  'GET /changes': CHANGES,
  'POST /changes/seen': { since: NOW_MS, changes: [] },
  [`DELETE /scopes/${SCOPES[1]?.id}`]: undefined,
  'POST /down': undefined,
  'PUT /login/password': undefined,
};
