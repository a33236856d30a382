/** A camera that answers WS-Discovery as ONVIF has it, and nothing else. Arguments: name, model, its address. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const [name = 'Camera', model = 'C1', address = '192.0.2.1'] = process.argv.slice(2);
const GROUP = '239.255.255.250';

const renderMatch = (relatesTo: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<SOAP-ENV:Header><wsa:RelatesTo>${relatesTo}</wsa:RelatesTo></SOAP-ENV:Header>
<SOAP-ENV:Body><d:ProbeMatches><d:ProbeMatch>
<wsa:EndpointReference><wsa:Address>urn:uuid:5f5a69c2-e0ae-504f-829b-00fa1f000001</wsa:Address></wsa:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter</d:Types>
<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/${encodeURIComponent(name)} onvif://www.onvif.org/hardware/${encodeURIComponent(model)}</d:Scopes>
<d:XAddrs>http://${address}:8899/onvif/device_service</d:XAddrs>
<d:MetadataVersion>1</d:MetadataVersion>
</d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>`;

const socket = createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (bytes, { address, port }) => {
  const text = bytes.toString('utf8');
  const id = /MessageID>([^<]+)</.exec(text)?.[1];
  // As many cameras do: silent unless asked for cameras.
  if (id !== undefined && text.includes('NetworkVideoTransmitter')) {
    socket.send(renderMatch(id), port, address);
  }
});
socket.bind(3702);
await once(socket, 'listening');
socket.addMembership(GROUP);
console.log('ready');
