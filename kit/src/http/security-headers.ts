/** Headers with which agent and broker make browsers refuse what their pages never do. */
import type { ServerResponse } from 'node:http';

/**
 * Nothing from elsewhere, nothing inline, no frame, and text of LAN devices cannot become markup: only Lit's own
 * templates may (`lit-html` is the name of its Trusted Types policy).
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ');

const ALWAYS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Browsers heed these over HTTPS only, and complain of them elsewhere. */
const OVER_HTTPS = {
  'cross-origin-opener-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000',
} as const;

/** Sets them on a response that has not begun; what is sent later may add others. */
export const setSecurityHeaders = (response: ServerResponse, isHttps: boolean): void => {
  const headers = isHttps ? { ...ALWAYS, ...OVER_HTTPS } : ALWAYS;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
};
