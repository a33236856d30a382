import { SgElement } from './sg-element.ts';

/** Base of every page: what the outlet hands over. */
export class SgPanel extends SgElement {
  static override properties = { params: { attribute: false }, query: { attribute: false } };
  params: Readonly<Record<string, string>> = {};
  query = new URLSearchParams();
}
