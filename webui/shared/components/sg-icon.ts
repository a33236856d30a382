import { css, html, nothing, svg } from 'lit';
import { SgElement } from './sg-element.ts';

/** Strokes on a 24 x 24 grid. */
const PATHS = {
  camera: svg`<path d="M4 8.5h9.5a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2zM15.5 12l6-3v8l-6-3"/>`,
  doorbell: svg`<path d="M8 2.5h8a1.5 1.5 0 0 1 1.5 1.5v16a1.5 1.5 0 0 1-1.5 1.5H8A1.5 1.5 0 0 1 6.5 20V4A1.5 1.5 0 0 1 8 2.5z"/><circle cx="12" cy="15.5" r="2.5"/><path d="M11 7h2"/>`,
  printer: svg`<path d="M7 9V3h10v6M7 17H5a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2h-2M7 14h10v7H7z"/>`,
  nas: svg`<path d="M5 3h14a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM4 9h16M4 15h16M8 6h.01M8 12h.01M8 18h.01"/>`,
  router: svg`<path d="M4 14h16a1 1 0 0 1 1 1v4a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-4a1 1 0 0 1 1-1zM7 17h.01M11 17h.01M17 14V9M13.5 6.5a5 5 0 0 1 7 0"/>`,
  modem: svg`<path d="M4 7h16v10H4zM7 20v-3M17 20v-3M8 12h.01M12 12h.01M16 12h.01"/>`,
  phone: svg`<path d="M8 2.5h8a1.5 1.5 0 0 1 1.5 1.5v16a1.5 1.5 0 0 1-1.5 1.5H8A1.5 1.5 0 0 1 6.5 20V4A1.5 1.5 0 0 1 8 2.5zM11 18.5h2"/>`,
  computer: svg`<path d="M4 4h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM8 20h8M12 16v4"/>`,
  tv: svg`<path d="M4 7h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM8 3l4 4 4-4M8 22h8"/>`,
  speaker: svg`<path d="M7 2.5h10a1 1 0 0 1 1 1v17a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1v-17a1 1 0 0 1 1-1zM12 6.5h.01"/><circle cx="12" cy="14" r="3.5"/>`,
  console: svg`<path d="M7.5 7h9a5 5 0 0 1 4.8 3.7l1 4.3a2.7 2.7 0 0 1-4.7 2.3L16 15H8l-1.6 2.3A2.7 2.7 0 0 1 1.7 15l1-4.3A5 5 0 0 1 7.5 7zM7 11h4M9 9v4M15.5 11h.01M18 11h.01"/>`,
  energy: svg`<path d="M13 2.5 5 13.5h6l-1 8 8-11h-6z"/>`,
  iot: svg`<path d="M9 18h6M10 21h4M12 3a6 6 0 0 1 4 10.5c-.8.8-1 1.5-1 2.5H9c0-1-.2-1.7-1-2.5A6 6 0 0 1 12 3z"/>`,
  server: svg`<path d="M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01"/>`,
  unknown: svg`<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.8h.01"/>`,
  edge: svg`<path d="M3.5 11 12 4l8.5 7M6 9.5V20h12V9.5M10 20v-5.5h4V20"/>`,
  relay: svg`<path d="M4 8h13l-3-3M20 16H7l3 3"/>`,
  search: svg`<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>`,
  copy: svg`<path d="M9 9h11v11H9zM5 15H4V4h11v1"/>`,
  check: svg`<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
  close: svg`<path d="M6 6l12 12M18 6 6 18"/>`,
  menu: svg`<path d="M4 7h16M4 12h16M4 17h16"/>`,
  sun: svg`<circle cx="12" cy="12" r="4"/><path d="M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1"/>`,
  moon: svg`<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z"/>`,
  auto: svg`<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5v17a8.5 8.5 0 0 0 0-17z" fill="currentColor"/>`,
  open: svg`<path d="M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5"/>`,
  back: svg`<path d="m14.5 6-6 6 6 6"/>`,
  next: svg`<path d="m9.5 6 6 6-6 6"/>`,
  down: svg`<path d="m7 10 5 5 5-5"/>`,
  up: svg`<path d="m7 14 5-5 5 5"/>`,
  sort: svg`<path d="m8 10 4-4 4 4M8 14l4 4 4-4"/>`,
  alert: svg`<path d="M12 4 2.8 19.5h18.4zM12 10v4.5M12 17h.01"/>`,
  info: svg`<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.5h.01"/>`,
  error: svg`<circle cx="12" cy="12" r="9"/><path d="M12 7v6M12 16.5h.01"/>`,
  scan: svg`<path d="M4 8V5a1 1 0 0 1 1-1h3M16 4h3a1 1 0 0 1 1 1v3M20 16v3a1 1 0 0 1-1 1h-3M8 20H5a1 1 0 0 1-1-1v-3M4 12h16"/>`,
  plus: svg`<path d="M12 5v14M5 12h14"/>`,
  trash: svg`<path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5"/>`,
  edit: svg`<path d="M4 20l1-4.5L16 4.5l3.5 3.5L8.5 19z"/>`,
  key: svg`<circle cx="8" cy="15" r="4.5"/><path d="M11.5 11.5 20 3M16 7l3 3"/>`,
  user: svg`<circle cx="12" cy="8" r="4"/><path d="M4 20.5c1-4 4-6 8-6s7 2 8 6"/>`,
  network: svg`<circle cx="12" cy="5" r="2.5"/><circle cx="5" cy="19" r="2.5"/><circle cx="19" cy="19" r="2.5"/><path d="M12 7.5V12M12 12l-5.5 4.8M12 12l5.5 4.8"/>`,
  list: svg`<path d="M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01"/>`,
  gate: svg`<path d="M3 21V8M21 21V8M3 11c5-5 13-5 18 0M7.5 21V9.3M12 21V8M16.5 21V9.3M3 16h18"/>`,
  shuffle: svg`<path d="M3 7h4l10 10h4M18 14l3 3-3 3M3 17h4l2.5-2.5M14.5 9.5 17 7h4M18 4l3 3-3 3"/>`,
} as const;

/** Names an icon may have. */
export type IconName = keyof typeof PATHS;

/** An icon in the colour of its text; decoration only, so hidden from screen readers. */
export class SgIcon extends SgElement {
  static override properties = { name: { type: String }, size: { type: Number } };
  static override styles = [
    css`
      :host {
        display: inline-flex;
        flex: none;
      }
      svg {
        display: block;
        fill: none;
        stroke: currentColor;
        stroke-width: 1.7;
        stroke-linecap: round;
        stroke-linejoin: round;
      }
    `,
  ];
  name: IconName = 'unknown';
  size = 18;

  protected override render() {
    const path = PATHS[this.name];
    if (path === undefined) return nothing;
    return html`<svg viewBox="0 0 24 24" width=${this.size} height=${this.size} aria-hidden="true">${path}</svg>`;
  }
}
customElements.define('sg-icon', SgIcon);
