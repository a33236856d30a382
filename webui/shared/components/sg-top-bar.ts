import { css, html, nothing } from 'lit';
import type { StreamState } from '../data/event-stream.ts';
import { t } from '../i18n/common.ts';
import { SgElement } from './sg-element.ts';
import './sg-icon.ts';
import { readTheme, storeTheme, type Theme } from './theme.ts';

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' };
const THEME_ICON = { auto: 'auto', light: 'sun', dark: 'moon' } as const;
const THEME_TEXT = { auto: 'theme.auto', light: 'theme.light', dark: 'theme.dark' } as const;

/** LuCI's top bar: brand, main menu, live indicator, theme, and a slot `account`. */
export class SgTopBar extends SgElement {
  static override properties = {
    brand: { type: String },
    place: { type: String },
    home: { type: String },
    items: { attribute: false },
    stream: { type: String },
    expanded: { state: true },
    theme: { state: true },
  };
  static override styles = [
    SgElement.styles,
    css`
      :host {
        --bar: #2b2b2b;
        --bar-text: #d6d6d6;
        display: block;
        position: sticky;
        z-index: 20;
        top: 0;
        color: var(--bar-text);
        background: linear-gradient(#363636, #242424);
        border-bottom: 1px solid #151515;
        box-shadow: 0 1px 6px rgb(0 0 0 / 20%);
      }
      header {
        display: flex;
        gap: 4px 20px;
        align-items: center;
        max-width: 1180px;
        min-height: 50px;
        margin: 0 auto;
        padding: 0 16px;
      }
      .brand {
        display: flex;
        gap: 9px;
        align-items: center;
        min-width: 0;
        color: #fff;
        font-size: 18px;
        font-weight: 600;
        letter-spacing: -0.01em;
      }
      .brand:hover {
        color: #fff;
        text-decoration: none;
      }
      .brand sg-icon {
        color: #6fc0ef;
      }
      .place {
        padding-left: 9px;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        color: #bdbdbd;
        font-size: 14px;
        font-weight: 400;
        border-left: 1px solid #5a5a5a;
      }
      nav {
        display: flex;
        gap: 2px;
        align-self: stretch;
        margin-right: auto;
      }
      nav a {
        display: flex;
        align-items: center;
        padding: 0 12px;
        color: var(--bar-text);
        border-block: 3px solid transparent;
        white-space: nowrap;
      }
      nav a:hover {
        color: #fff;
        text-decoration: none;
        background: rgb(255 255 255 / 7%);
      }
      nav a[aria-current] {
        color: #fff;
        border-bottom-color: #4ba3dd;
      }
      .tools {
        display: flex;
        gap: 4px;
        align-items: center;
        margin-left: auto;
      }
      .live {
        display: inline-flex;
        gap: 6px;
        align-items: center;
        padding: 0 8px;
        color: #c9c9c9;
        font-size: 12.5px;
        white-space: nowrap;
      }
      .live::before {
        width: 8px;
        height: 8px;
        content: '';
        background: #8f8f8f;
        border-radius: 50%;
      }
      .live.live-live::before {
        background: #3ccf82;
      }
      .live.live-reconnecting {
        color: #ffd479;
      }
      .live.live-reconnecting::before {
        background: #f0b429;
        animation: pulse 1s infinite alternate;
      }
      @keyframes pulse {
        to {
          opacity: 0.3;
        }
      }
      .tool {
        display: inline-flex;
        padding: 8px;
        color: var(--bar-text);
        cursor: pointer;
        background: none;
        border: 0;
        border-radius: var(--sg-radius);
      }
      .tool:hover {
        color: #fff;
        background: rgb(255 255 255 / 10%);
      }
      .burger {
        display: none;
      }
      :focus-visible {
        outline-color: #8fd0f5;
      }
      @media (max-width: 820px) {
        header {
          flex-wrap: wrap;
          gap: 0 4px;
          padding: 0 8px;
        }
        .brand {
          flex: 1 1 0;
          overflow: hidden;
        }
        .burger {
          display: inline-flex;
        }
        .live {
          font-size: 0;
          gap: 0;
        }
        .live.live-reconnecting {
          gap: 6px;
          font-size: 12.5px;
        }
        nav {
          display: none;
          flex: 1 0 100%;
          order: 5;
          flex-direction: column;
          margin: 0 -8px;
          padding-bottom: 8px;
          border-top: 1px solid #444;
        }
        nav.expanded {
          display: flex;
        }
        nav a {
          min-height: 44px;
          padding: 0 20px;
          border-block: 0;
          border-left: 3px solid transparent;
        }
        nav a[aria-current] {
          border-left-color: #4ba3dd;
          background: rgb(255 255 255 / 6%);
        }
      }
    `,
  ];
  brand = '';
  place = '';
  home = '/';
  items: readonly { readonly href: string; readonly label: string; readonly current: boolean }[] = [];
  stream: StreamState | '' = '';
  expanded = false;
  theme: Theme = readTheme();

  protected override render() {
    return html`<header>
      ${this.items.length === 0 ? nothing : this.#renderBurger()}
      <a class="brand" href=${this.home}>
        <sg-icon name="gate" size="24"></sg-icon>${this.brand}
        ${this.place === '' ? nothing : html`<span class="place">${this.place}</span>`}
      </a>
      ${this.items.length === 0 ? nothing : this.#renderMenu()}
      <div class="tools">
        ${this.#renderStream()} ${this.#renderTheme()}
        <slot name="account"></slot>
      </div>
    </header>`;
  }

  #renderBurger() {
    return html`<button
      type="button"
      class="tool burger"
      aria-label=${t('app.menu')}
      aria-expanded=${this.expanded}
      aria-controls="menu"
      @click=${() => {
        this.expanded = !this.expanded;
      }}
    >
      <sg-icon name=${this.expanded ? 'close' : 'menu'} size="20"></sg-icon>
    </button>`;
  }

  #renderMenu() {
    return html`<nav
      id="menu"
      class=${this.expanded ? 'expanded' : ''}
      aria-label=${t('app.main-menu')}
      @click=${() => {
        this.expanded = false;
      }}
    >
      ${this.items.map(
        (item) =>
          html`<a href=${item.href} aria-current=${item.current ? 'page' : nothing}>${item.label}</a>`,
      )}
    </nav>`;
  }

  #renderStream() {
    if (this.stream === '') return nothing;
    const title = t(this.stream === 'reconnecting' ? 'live.reconnecting-title' : 'live.title');
    return html`<span class="live live-${this.stream}" role="status" title=${title}>${t(`live.${this.stream}`)}</span>`;
  }

  #renderTheme() {
    const label = t('theme.label', { theme: t(THEME_TEXT[this.theme]) });
    return html`<button type="button" class="tool" aria-label=${label} title=${label} @click=${this.#nextTheme}>
      <sg-icon name=${THEME_ICON[this.theme]}></sg-icon>
    </button>`;
  }

  readonly #nextTheme = (): void => {
    this.theme = NEXT_THEME[this.theme];
    storeTheme(this.theme);
  };
}
customElements.define('sg-top-bar', SgTopBar);
