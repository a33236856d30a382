/**
 * Components: attributes and properties in, events out; they never fetch. All draw into a shadow root with
 * constructable style sheets, so a strict Content-Security-Policy holds, and put device text into text nodes
 * only. Must not import: data modules that fetch, panels.
 */
import { type CSSResultGroup, LitElement } from 'lit';
import { base } from '../styles/base.ts';
import { controls } from '../styles/controls.ts';
import { layout } from '../styles/layout.ts';
import { tables } from '../styles/tables.ts';
import { tokens } from '../styles/tokens.ts';

/** A Lit element with the shared sheets; subclasses append theirs to `SgElement.styles`. */
export class SgElement extends LitElement {
  static override styles: CSSResultGroup = [tokens, base, controls, tables, layout];

  /** Dispatches an event that crosses shadow roots and reaches whoever hosts this element. */
  protected emit<T>(name: string, detail?: T): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}
