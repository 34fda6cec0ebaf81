/**
 * The page's content security policy. Both hosts send it as a header, and src/renderer/index.html repeats it in a meta
 * element: everything comes from the lab itself and nothing is inline. The two WebSocket sources are the browser host's;
 * not every browser counts them as 'self'.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self' ws://127.0.0.1:* ws://localhost:*",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')
