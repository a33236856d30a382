/**
 * A UPnP device: answers SSDP searches and serves its description on 49152. Arguments: name, model, and where a
 * trickster sends those who ask for its description.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';

const [name = 'television', model = 'Television', redirect] = process.argv.slice(2);
const GROUP = '239.255.255.250';
const PORT = 49_152;
const SERVER = 'Linux/4.4 UPnP/1.0 LabTV/1.0';

const DESCRIPTION = `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0">
  <specVersion><major>1</major><minor>0</minor></specVersion>
  <device>
    <deviceType>urn:schemas-upnp-org:device:MediaRenderer:1</deviceType>
    <friendlyName>${name}</friendlyName>
    <manufacturer>LG Electronics</manufacturer>
    <modelName>${model}</modelName>
    <UDN>uuid:11111111-2222-3333-4444-555555555555</UDN>
  </device>
</root>
`;

const web = createServer((_request, response) => {
  if (redirect !== undefined) return response.writeHead(302, { location: redirect }).end();
  response.writeHead(200, { 'content-type': 'text/xml', server: SERVER }).end(DESCRIPTION);
});

const socket = createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (bytes, { address, port }) => {
  const text = bytes.toString('latin1');
  const target = /^ST: *(.*?)\r$/im.exec(text)?.[1];
  if (!text.startsWith('M-SEARCH ') || !['ssdp:all', 'upnp:rootdevice'].includes(target ?? '')) return;
  // Our own address towards the asker is the one to be found at.
  const own = createSocket('udp4');
  own.connect(port, address, () => {
    const answer = [
      'HTTP/1.1 200 OK',
      'CACHE-CONTROL: max-age=1800',
      'EXT:',
      `LOCATION: http://${own.address().address}:${PORT}/description.xml`,
      `SERVER: ${SERVER}`,
      `ST: ${target}`,
      'USN: uuid:11111111-2222-3333-4444-555555555555::upnp:rootdevice',
      '',
      '',
    ].join('\r\n');
    own.close();
    socket.send(answer, port, address);
  });
});
socket.bind(1900);
await Promise.all([once(socket, 'listening'), once(web.listen(PORT), 'listening')]);
socket.addMembership(GROUP);
console.log('ready');
