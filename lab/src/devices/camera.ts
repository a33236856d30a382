/** The camera's servers: a page with a moving picture and a still on 80, RTSP's OPTIONS and DESCRIBE on 554. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createDeviceServer } from './serve.ts';

const name = process.argv[2] ?? 'camera';
const SERVER = 'App-webs/';
const startedAt = Date.now();

/** A uniform picture of about 1 MiB: large enough to measure with, and a viewer shows it. */
const renderStill = (): Uint8Array => {
  const [width, height] = [720, 485];
  const head = Buffer.from(`P6\n${width} ${height}\n255\n`);
  const pixels = Buffer.alloc(width * height * 3);
  for (let at = 0; at < pixels.length; at += 3) {
    const row = Math.floor(at / 3 / width);
    pixels[at] = 30 + (row >> 3);
    pixels[at + 1] = 60 + (row >> 2);
    pixels[at + 2] = 110 + (row >> 2);
  }
  return Buffer.concat([head, pixels]);
};

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>IP CAMERA</title>
<style>
  :root { color-scheme: dark; font: 15px/1.5 system-ui, sans-serif; background: #11151c; color: #e8edf5 }
  body { margin: 0; display: grid; min-height: 100vh; grid-template-rows: auto 1fr auto }
  header, footer { display: flex; gap: 1rem; align-items: center; padding: .75rem 1.25rem; background: #1a212d }
  header b { letter-spacing: .08em } header span { margin-left: auto; color: #8fa3bf }
  main { display: grid; place-items: center; padding: 1.25rem }
  figure { margin: 0; width: min(100%, 60rem); border-radius: .6rem; overflow: hidden; box-shadow: 0 1rem 3rem #0008 }
  svg { display: block; width: 100% }
  .rec { animation: blink 1s steps(2) infinite } @keyframes blink { to { opacity: .15 } }
  .car { animation: drive 9s linear infinite } @keyframes drive { from { transform: translateX(-160px) } to { transform: translateX(1000px) } }
  .cloud { animation: drive 60s linear infinite } .sway { transform-origin: 690px 330px; animation: sway 4s ease-in-out infinite alternate }
  @keyframes sway { from { transform: rotate(-1.5deg) } to { transform: rotate(1.5deg) } }
  footer { color: #8fa3bf; font-size: .85rem; flex-wrap: wrap } a { color: #7db4ff; margin-left: auto }
</style>
</head>
<body>
<header><b>IP CAMERA</b> ${name}<span>Front door</span></header>
<main><figure>
<svg viewBox="0 0 960 540" role="img" aria-label="Live picture of a front door and a street">
  <defs>
    <linearGradient id="sky" x2="0" y2="1"><stop stop-color="#274060"/><stop offset="1" stop-color="#c98f6b"/></linearGradient>
    <radialGradient id="lamp"><stop stop-color="#ffe9a8"/><stop offset="1" stop-color="#ffe9a800"/></radialGradient>
  </defs>
  <rect width="960" height="540" fill="url(#sky)"/>
  <circle cx="760" cy="190" r="46" fill="#ffdf9e" opacity=".9"/>
  <g class="cloud" fill="#fff" opacity=".25"><ellipse cx="120" cy="90" rx="80" ry="18"/><ellipse cx="170" cy="78" rx="60" ry="20"/></g>
  <path d="M0 330 180 250 330 320 520 230 760 330 960 270V540H0Z" fill="#2b3b3a"/>
  <g class="sway"><rect x="682" y="270" width="16" height="90" fill="#4a3527"/><circle cx="690" cy="240" r="58" fill="#3f6b4c"/><circle cx="655" cy="265" r="36" fill="#376044"/></g>
  <path d="M0 360H960V540H0Z" fill="#39414b"/><path d="M0 440H960" stroke="#d8d2b8" stroke-width="6" stroke-dasharray="48 40"/>
  <g class="car"><rect x="0" y="396" width="150" height="38" rx="12" fill="#c9412f"/><path d="M30 398 52 368H108L130 398Z" fill="#9fc3dd"/><circle cx="36" cy="436" r="15" fill="#15181d"/><circle cx="116" cy="436" r="15" fill="#15181d"/><circle cx="148" cy="410" r="26" fill="url(#lamp)"/></g>
  <path d="M60 180 220 90 380 180V400H60Z" fill="#8d6f57"/><path d="M40 190 220 84 400 190 388 204 220 108 52 204Z" fill="#5a3d34"/>
  <rect x="185" y="270" width="72" height="130" fill="#31463f"/><circle cx="246" cy="338" r="4" fill="#e8c95a"/>
  <rect x="95" y="240" width="60" height="56" fill="#ffdf9e"/><rect x="288" y="240" width="60" height="56" fill="#ffdf9e"/><circle cx="221" cy="256" r="44" fill="url(#lamp)"/>
  <g font-family="monospace" font-size="20" fill="#fff"><text x="24" y="40" id="clock"></text><text x="812" y="40">1080p</text><circle class="rec" cx="892" cy="33" r="9" fill="#ff4d4d"/><text x="908" y="40">REC</text></g>
</svg>
</figure></main>
<footer>Stream: rtsp://${name}:554/live<a href="/snapshot.ppm">Still picture</a></footer>
<script>
  const clock = document.getElementById('clock');
  const tick = () => { clock.textContent = new Date().toLocaleString() };
  tick(); setInterval(tick, 1000);
</script>
</body>
</html>
`;

const web = createDeviceServer(SERVER, {
  '/': () => ({ type: 'text/html; charset=utf-8', body: PAGE }),
  '/snapshot.ppm': () => ({ type: 'image/x-portable-pixmap', body: renderStill() }),
  '/status.json': () => ({
    type: 'application/json',
    body: JSON.stringify({ name, upSec: Math.round((Date.now() - startedAt) / 1000) }),
  }),
});

const SDP = [
  'v=0',
  'o=- 0 0 IN IP4 0.0.0.0',
  's=Front door',
  't=0 0',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  '',
];

/** RFC 2326: enough for a scanner to see that cameras live here. */
const answerRtsp = (request: string): string => {
  const [method] = request.split(' ');
  const sequence = /^CSeq: *(\d+)/im.exec(request)?.[1] ?? '0';
  const head = (status: string) => [`RTSP/1.0 ${status}`, `CSeq: ${sequence}`, 'Server: Rtsp Server/3.0'];
  if (method === 'OPTIONS') return [...head('200 OK'), 'Public: OPTIONS, DESCRIBE', '', ''].join('\r\n');
  if (method !== 'DESCRIBE') return [...head('405 Method Not Allowed'), '', ''].join('\r\n');
  const body = SDP.join('\r\n');
  return [
    ...head('200 OK'),
    'Content-Type: application/sdp',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
};

const rtsp = createServer((socket) => {
  let request = '';
  socket.setEncoding('latin1').setTimeout(10_000, () => socket.destroy());
  socket.on('error', () => undefined);
  socket.on('data', (text: string) => {
    request = (request + text).slice(-4_096);
    if (!request.includes('\r\n\r\n')) return;
    socket.write(answerRtsp(request));
    request = '';
  });
});

await Promise.all([once(web.listen(80), 'listening'), once(rtsp.listen(554), 'listening')]);
console.log('ready');
