/** Ground of every element: box model, type, links, focus. */
import { css } from 'lit';

export const base = css`
  :host {
    color: var(--sg-text);
    font: 14px/20px var(--sg-font);
    -webkit-text-size-adjust: 100%;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  h4,
  p,
  ul,
  ol,
  dl,
  dd,
  figure {
    margin: 0;
    padding: 0;
  }
  h2,
  h3,
  h4 {
    color: var(--sg-text-strong);
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  h2 {
    font-size: 24px;
    line-height: 32px;
    letter-spacing: -0.01em;
  }
  h3 {
    font-size: 17px;
    line-height: 24px;
  }
  h2:focus {
    outline: none;
  }
  a {
    color: var(--sg-link);
    text-decoration: none;
  }
  a:hover {
    color: var(--sg-link-hover);
    text-decoration: underline;
  }
  :focus-visible {
    outline: 2px solid var(--sg-primary);
    outline-offset: 2px;
    border-radius: 2px;
  }
  code,
  pre,
  .mono {
    font-family: var(--sg-mono);
    font-size: 12.5px;
  }
  code {
    overflow-wrap: anywhere;
  }
  pre {
    margin: 0;
    padding: 12px;
    overflow: auto;
    max-height: 320px;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    background: var(--sg-bg-sunken);
    border: 1px solid var(--sg-border);
    border-radius: var(--sg-radius);
    line-height: 18px;
  }
  .muted {
    color: var(--sg-text-muted);
  }
  .small {
    font-size: 12.5px;
    line-height: 18px;
  }
  .nowrap {
    white-space: nowrap;
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation-duration: 0.01ms !important;
      animation-iteration-count: 1 !important;
      transition-duration: 0.01ms !important;
    }
  }
`;
