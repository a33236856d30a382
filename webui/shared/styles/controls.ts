/** Buttons and form fields: LuCI's `.btn` and `.cbi-value` rows (title left, field right; stacked on a phone). */
import { css } from 'lit';

export const controls = css`
  .btn {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 7px;
    min-height: 34px;
    padding: 6px 14px;
    font: 500 13.5px/20px var(--sg-font);
    color: var(--sg-text);
    white-space: nowrap;
    text-decoration: none;
    cursor: pointer;
    background: linear-gradient(var(--sg-bg), var(--sg-bg-sunken));
    border: 1px solid var(--sg-border-strong);
    border-radius: var(--sg-radius);
    box-shadow: var(--sg-shadow);
    transition:
      background-color 0.12s,
      border-color 0.12s,
      color 0.12s;
  }
  .btn:hover {
    color: var(--sg-text-strong);
    text-decoration: none;
    border-color: var(--sg-control-border);
  }
  .btn:active {
    box-shadow: inset 0 1px 3px light-dark(#0003, #0008);
  }
  .btn:focus-visible {
    border-radius: var(--sg-radius);
  }
  .btn[disabled],
  .btn[aria-disabled='true'] {
    opacity: 0.55;
    cursor: not-allowed;
    box-shadow: none;
  }
  .btn-primary {
    color: var(--sg-on-primary);
    background: var(--sg-primary);
    border-color: color-mix(in srgb, var(--sg-primary) 85%, #000);
  }
  .btn-primary:hover {
    color: var(--sg-on-primary);
    background: var(--sg-primary-hover);
  }
  .btn-danger {
    color: var(--sg-error);
  }
  .btn-danger:hover {
    color: var(--sg-error);
    border-color: var(--sg-error);
  }
  .btn-danger.btn-solid {
    color: light-dark(#fff, #1a0b0a);
    background: var(--sg-error-solid);
    border-color: color-mix(in srgb, var(--sg-error-solid) 85%, #000);
  }
  .btn-small {
    min-height: 28px;
    padding: 3px 10px;
    font-size: 13px;
  }
  .btn-plain {
    background: none;
    border-color: transparent;
    box-shadow: none;
  }
  .btn-plain:hover {
    background: var(--sg-bg-sunken);
    border-color: var(--sg-border);
  }
  .btn-icon {
    padding-inline: 7px;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    align-items: center;
  }
  .actions-end {
    justify-content: flex-end;
  }

  input,
  select,
  textarea {
    font: 14px/20px var(--sg-font);
    color: var(--sg-text-strong);
    background: var(--sg-bg);
    border: 1px solid var(--sg-control-border);
    border-radius: var(--sg-radius);
  }
  input:not([type='checkbox'], [type='radio']),
  select,
  textarea {
    width: 100%;
    min-height: 34px;
    padding: 6px 9px;
  }
  textarea {
    min-height: 72px;
    resize: vertical;
  }
  input::placeholder,
  textarea::placeholder {
    color: var(--sg-text-muted);
    opacity: 0.8;
  }
  input:focus-visible,
  select:focus-visible,
  textarea:focus-visible {
    outline: 2px solid var(--sg-primary);
    outline-offset: -1px;
    border-radius: var(--sg-radius);
  }
  input[aria-invalid='true'] {
    border-color: var(--sg-error);
  }
  input[type='checkbox'],
  input[type='radio'] {
    width: 16px;
    height: 16px;
    margin: 2px 0;
    accent-color: var(--sg-primary);
    flex: none;
  }
  .choice {
    display: inline-flex;
    gap: 8px;
    align-items: start;
    cursor: pointer;
  }

  .cbi-value {
    display: grid;
    grid-template-columns: 180px minmax(0, 1fr);
    gap: 4px 20px;
    margin-bottom: 16px;
  }
  .cbi-value-title {
    padding-top: 7px;
    text-align: right;
    color: var(--sg-text);
  }
  .cbi-value-field {
    max-width: 420px;
  }
  .cbi-value-field.wide {
    max-width: none;
  }
  .cbi-value-description {
    margin-top: 4px;
    font-size: 12.5px;
    line-height: 18px;
    color: var(--sg-text-muted);
  }
  .cbi-value-error {
    margin-top: 4px;
    font-size: 12.5px;
    line-height: 18px;
    color: var(--sg-error);
  }
  .choices {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 22px;
    padding-top: 6px;
  }
  .stacked .cbi-value {
    grid-template-columns: minmax(0, 1fr);
  }
  .stacked .cbi-value-title {
    text-align: left;
    padding-top: 0;
    font-weight: 500;
  }
  .stacked .cbi-value-field {
    max-width: none;
  }
  .form-end {
    margin-left: 200px;
    max-width: 640px;
  }
  .stacked .form-end {
    margin-left: 0;
  }
  @media (max-width: 640px) {
    .btn:not(.btn-small) {
      min-height: 40px;
    }
    input:not([type='checkbox'], [type='radio']),
    select,
    textarea {
      font-size: 16px;
      min-height: 40px;
    }
    .cbi-value {
      grid-template-columns: minmax(0, 1fr);
    }
    .cbi-value-title {
      text-align: left;
      padding-top: 0;
      font-weight: 500;
    }
    .cbi-value-field {
      max-width: none;
    }
    .form-end {
      margin-left: 0;
    }
  }
`;
