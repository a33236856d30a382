/**
 * Look: LuCI's (luci-theme-bootstrap), as design tokens. Every colour is LuCI's own CSS variable with a
 * fallback, so an element looks at home inside LuCI and alone. Light and dark follow `color-scheme`, which
 * LuCI's theme and our own page both set. Where LuCI's grey or red is too pale for WCAG AA the token is ours.
 */
import { css } from 'lit';

export const tokens = css`
  :host {
    --sg-bg: var(--background-color-high, light-dark(#fff, #222));
    --sg-bg-soft: var(--background-color-medium, light-dark(#f9f9f9, #282828));
    --sg-bg-sunken: var(--background-color-low, light-dark(#f5f5f5, #2c2c2c));
    --sg-text-strong: var(--text-color-highest, light-dark(#000, #fff));
    --sg-text: var(--text-color-high, light-dark(#404040, #d0d0d0));
    --sg-text-muted: color-mix(in srgb, var(--sg-text) 84%, var(--sg-bg));
    --sg-border: var(--border-color-medium, light-dark(#ddd, #444));
    --sg-border-strong: var(--border-color-high, light-dark(#ccc, #555));
    --sg-border-soft: var(--border-color-low, light-dark(#eee, #333));
    --sg-control-border: light-dark(#8c8c8c, #7a7a7a);
    --sg-primary: var(--primary-color-high, light-dark(#1976d2, #4da1c0));
    --sg-primary-hover: var(--primary-color-medium, light-dark(#1564c0, #5fb0ce));
    --sg-on-primary: var(--on-primary-color, light-dark(#fff, #16191a));
    --sg-link: light-dark(#1565c0, #6cb9d6);
    --sg-link-hover: light-dark(#0d46a1, #9bd3e8);
    --sg-ok: light-dark(#00713a, #4fd08b);
    --sg-ok-soft: light-dark(#e3f5ea, #17392a);
    --sg-ok-dot: var(--success-color-high, light-dark(#00ac59, #35c27d));
    --sg-warn: light-dark(#7a4f00, #f0c85a);
    --sg-warn-soft: light-dark(#fdf3d3, #3d3313);
    --sg-warn-dot: light-dark(#d99a00, #e0b53f);
    --sg-error: light-dark(#b3140b, #ff938d);
    --sg-error-soft: light-dark(#fdeae8, #45201f);
    --sg-error-solid: light-dark(#c9200f, #d15653);
    --sg-info: light-dark(#0d4f9e, #8ccbe4);
    --sg-info-soft: light-dark(#e5f0fb, #173443);
    --sg-shadow: 0 1px 2px light-dark(#0001, #0006);
    --sg-shadow-raised: 0 8px 28px light-dark(#0003, #000a), 0 1px 3px light-dark(#0002, #0008);
    --sg-radius: 4px;
    --sg-radius-large: 6px;
    --sg-font: 'Helvetica Neue', Helvetica, Arial, system-ui, sans-serif;
    --sg-mono: ui-monospace, 'SF Mono', Menlo, Monaco, 'DejaVu Sans Mono', 'Courier New', monospace;
    --sg-gap: 16px;
  }
`;
