import { css, html, nothing, svg } from 'lit';
import qrcode from 'qrcode-generator';
import { SgElement } from './sg-element.ts';

/** Above it (version 30 or so) cameras of phones begin to fail. */
export const QR_MAX_BYTES = 1_700;
/** Light border that readers need (ISO/IEC 18004 section 6.3.8). */
const QUIET_MODULES = 4;

/** Does the text fit into a code that a phone can read from a screen? */
export const fitsQr = (text: string): boolean => new TextEncoder().encode(text).length <= QR_MAX_BYTES;

/** Dark modules of the text's code, row by row; the least error correction, which a screen does not need. */
export const qrModules = (text: string): boolean[][] => {
  const code = qrcode(0, 'L');
  code.addData(text, 'Byte');
  code.make();
  const places = Array.from({ length: code.getModuleCount() }, (_, index) => index);
  return places.map((row) => places.map((column) => code.isDark(row, column)));
};

/** A QR code, dark on light in either colour scheme, because cameras expect that. */
export class SgQr extends SgElement {
  static override properties = { value: { type: String }, what: { type: String } };
  static override styles = [
    css`
      :host {
        display: block;
        width: min(100%, 360px);
      }
      svg {
        display: block;
        width: 100%;
        height: auto;
        border-radius: 8px;
        background: #fff;
      }
    `,
  ];
  value = '';
  /** For those who do not see it. */
  what = '';

  protected override render() {
    if (this.value === '' || !fitsQr(this.value)) return nothing;
    const modules = qrModules(this.value);
    const size = modules.length + 2 * QUIET_MODULES;
    const path = modules
      .flatMap((row, y) =>
        row.map((isDark, x) => (isDark ? `M${x + QUIET_MODULES} ${y + QUIET_MODULES}h1v1h-1z` : '')),
      )
      .join('');
    return html`<svg viewBox="0 0 ${size} ${size}" role="img" aria-label=${this.what} shape-rendering="crispEdges">
      ${svg`<path d=${path} fill="#000" />`}
    </svg>`;
  }
}
customElements.define('sg-qr', SgQr);
