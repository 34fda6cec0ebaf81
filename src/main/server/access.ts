import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compares without telling by its duration how much of the token was right. */
export function tokenMatches(given: string | null, token: string): boolean {
  return given !== null && timingSafeEqual(digest(given), digest(token))
}

/** Only this computer's own names: a foreign name that resolves to 127.0.0.1 must not reach the lab. */
export function isOwnHost(host: string | undefined, port: number): boolean {
  return host === `127.0.0.1:${port}` || host === `localhost:${port}`
}

/** The address of a request, whose host part means nothing here. */
export function requestUrl(request: Pick<IncomingMessage, 'url'>): URL {
  const target = request.url ?? '/'
  return new URL(URL.canParse(target, 'http://lab') ? target : '/', 'http://lab')
}

/** The path as it was sent: the URL parser would resolve `..` before it could be refused. */
export function rawPathname(request: Pick<IncomingMessage, 'url'>): string {
  return (request.url ?? '/').split(/[?#]/, 1)[0] ?? '/'
}

/** Whether a WebSocket comes from the lab's own page: right host, right origin, right token. */
export function mayConnect(
  request: Pick<IncomingMessage, 'url' | 'headers'>,
  port: number,
  token: string,
): boolean {
  const { host, origin } = request.headers
  return (
    isOwnHost(host, port) &&
    origin === `http://${host}` &&
    tokenMatches(requestUrl(request).searchParams.get('token'), token)
  )
}
