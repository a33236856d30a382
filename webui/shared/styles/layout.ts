/** Page furniture: heading with description, sections, toolbars, grids. */
import { css } from 'lit';

export const layout = css`
  .page-head {
    display: flex;
    flex-wrap: wrap;
    gap: 10px 24px;
    align-items: start;
    justify-content: space-between;
    margin-bottom: 20px;
  }
  .page-head > div:first-child {
    flex: 1 1 320px;
    min-width: 0;
  }
  .page-descr {
    margin-top: 4px;
    max-width: 84ch;
    color: var(--sg-text-muted);
  }
  .crumb {
    display: inline-flex;
    gap: 4px;
    align-items: center;
    margin-bottom: 6px;
    font-size: 13px;
  }
  .section {
    margin-bottom: 24px;
    background: var(--sg-bg);
    border: 1px solid var(--sg-border);
    border-radius: var(--sg-radius-large);
    box-shadow: var(--sg-shadow);
  }
  .section-head {
    display: flex;
    flex-wrap: wrap;
    gap: 8px 16px;
    align-items: center;
    justify-content: space-between;
    padding: 12px 16px;
    border-bottom: 1px solid var(--sg-border);
  }
  .section-head .cell-sub {
    flex: 0 0 100%;
    margin-top: -6px;
  }
  .section-body {
    padding: 16px;
  }
  .section > sg-alert {
    margin: 16px;
  }
  .section > .table:last-child .tr:last-child .td:first-child {
    border-bottom-left-radius: var(--sg-radius-large);
  }
  .section > .table:last-child .tr:last-child .td:last-child {
    border-bottom-right-radius: var(--sg-radius-large);
  }
  .section > .table:first-child .th:first-child {
    border-top-left-radius: var(--sg-radius-large);
  }
  .section > .table:first-child .th:last-child {
    border-top-right-radius: var(--sg-radius-large);
  }
  .toolbar {
    display: flex;
    flex-wrap: wrap;
    gap: 10px;
    align-items: center;
    margin-bottom: 14px;
  }
  .toolbar .search {
    position: relative;
    flex: 1 1 220px;
    max-width: 340px;
  }
  .toolbar .search sg-icon {
    position: absolute;
    left: 10px;
    top: 50%;
    translate: 0 -50%;
    color: var(--sg-text-muted);
    pointer-events: none;
  }
  .toolbar .search input {
    padding-left: 34px;
  }
  .toolbar select {
    width: auto;
    min-width: 130px;
  }
  .toolbar .tally {
    margin-left: auto;
    color: var(--sg-text-muted);
    font-size: 13px;
  }
  .badges {
    display: flex;
    flex-wrap: wrap;
    gap: 5px;
    align-items: center;
  }
  .columns {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
    gap: 0 24px;
    align-items: start;
  }
  .tiles {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 150px), 1fr));
    gap: 12px;
    margin-bottom: 24px;
  }
  .copyable {
    display: inline-flex;
    gap: 4px;
    align-items: center;
    max-width: 100%;
  }
  .stack > * + * {
    margin-top: 12px;
  }
  /* Tables sort by their heads, which a phone does not show. */
  @media (min-width: 721px) {
    .narrow-only {
      display: none;
    }
  }
  @media (max-width: 640px) {
    .toolbar .search {
      flex-basis: 100%;
      max-width: none;
    }
    .toolbar select {
      flex: 1 1 130px;
    }
    .toolbar .tally {
      flex-basis: 100%;
      margin-left: 0;
    }
    h2 {
      font-size: 22px;
      line-height: 28px;
    }
  }
`;
