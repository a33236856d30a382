/** The frame of an app below its top bar. */
import { css } from 'lit';

export const appFrame = css`
  :host {
    display: block;
  }
  main {
    display: block;
    max-width: 1180px;
    margin: 0 auto;
    padding: 24px 16px 48px;
  }
  .skip {
    position: absolute;
    z-index: 30;
    left: 12px;
    top: -100px;
    box-shadow: none;
  }
  .skip:focus {
    top: 8px;
  }
  .splash {
    max-width: 420px;
    margin: 12vh auto 0;
    padding: 0 16px;
  }
  @media (max-width: 640px) {
    main {
      padding: 18px 12px 40px;
    }
  }
`;
