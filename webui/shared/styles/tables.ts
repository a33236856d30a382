/** LuCI's section tables. On a phone a row becomes a card and `data-title` names each cell. */
import { css } from 'lit';

export const tables = css`
  .table {
    width: 100%;
    border-collapse: collapse;
  }
  .th,
  .td {
    padding: 10px 12px;
    text-align: left;
    vertical-align: middle;
    border-bottom: 1px solid var(--sg-border-soft);
  }
  .th:first-child,
  .td:first-child {
    padding-left: 16px;
  }
  .th:last-child,
  .td:last-child {
    padding-right: 16px;
  }
  .th {
    padding-block: 8px;
    font-size: 12.5px;
    font-weight: 600;
    color: var(--sg-text-muted);
    white-space: nowrap;
    background: var(--sg-bg-soft);
    border-bottom-color: var(--sg-border);
  }
  tbody .tr:last-child .td {
    border-bottom: 0;
  }
  tbody .tr:hover .td {
    background: var(--sg-bg-soft);
  }
  .th button {
    all: unset;
    display: inline-flex;
    gap: 4px;
    align-items: center;
    cursor: pointer;
  }
  .th button:hover {
    color: var(--sg-text-strong);
  }
  .th button:focus-visible {
    outline: 2px solid var(--sg-primary);
    outline-offset: 3px;
    border-radius: 2px;
  }
  .td.end,
  .th.end {
    text-align: right;
  }
  .td.end .actions {
    justify-content: flex-end;
    flex-wrap: nowrap;
  }
  .cell-title {
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .cell-sub {
    font-size: 12.5px;
    line-height: 18px;
    color: var(--sg-text-muted);
    overflow-wrap: anywhere;
  }
  .with-icon {
    display: flex;
    gap: 11px;
    align-items: center;
    min-width: 0;
  }
  .with-icon > :last-child {
    min-width: 0;
  }

  .details {
    display: grid;
    grid-template-columns: max-content minmax(0, 1fr);
  }
  .details > div {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
    gap: 20px;
    padding: 8px 16px;
    border-bottom: 1px solid var(--sg-border-soft);
  }
  .details > div:last-child {
    border-bottom: 0;
  }
  .details dt {
    color: var(--sg-text-muted);
  }
  .details dd {
    overflow-wrap: anywhere;
    color: var(--sg-text-strong);
  }

  @media (max-width: 720px) {
    .table,
    .table tbody,
    .table .tr {
      display: block;
    }
    .table thead {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    .table .tr {
      padding: 12px 16px;
      border-bottom: 1px solid var(--sg-border);
    }
    .table tbody .tr:last-child {
      border-bottom: 0;
    }
    .table .td,
    .table .td:first-child,
    .table .td:last-child {
      display: grid;
      grid-template-columns: 104px minmax(0, 1fr);
      gap: 12px;
      padding: 3px 0;
      border: 0;
      text-align: left;
    }
    tbody .tr:hover .td {
      background: none;
    }
    .table .td::before {
      content: attr(data-title);
      font-size: 12.5px;
      color: var(--sg-text-muted);
    }
    .table .td.lead {
      display: block;
      padding-bottom: 6px;
    }
    .table .td.lead::before,
    .table .td.end::before {
      content: none;
    }
    .table .td.end {
      display: block;
      padding-top: 8px;
    }
    .td.end .actions {
      justify-content: flex-start;
      flex-wrap: wrap;
    }
    .table .td:empty {
      display: none;
    }
    .details > div {
      gap: 12px;
    }
    .details dt {
      max-width: 112px;
    }
  }
`;
