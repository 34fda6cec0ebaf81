import { realpathSync, statSync } from 'node:fs'
import { extname, join, sep } from 'node:path'

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
}

export function contentType(path: string): string {
  return CONTENT_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream'
}

function decodeSegments(pathname: string): string[] | null {
  try {
    return decodeURIComponent(pathname)
      .split('/')
      .filter((segment) => segment !== '')
  } catch {
    return null
  }
}

/**
 * The file that a page's address stands for: a path below `root`, `index.html` for the root itself. Pure: says nothing
 * about whether the file exists.
 * @param pathname percent-encoded, as in a URL
 * @returns null for whatever would leave `root` or is no plain path: `..`, backslashes, drive letters, zero bytes
 */
export function resolvePagePath(root: string, pathname: string): string | null {
  const segments = decodeSegments(pathname)
  if (segments === null) return null
  if (segments.some((segment) => segment === '..' || segment === '.' || /[\\:\0]/.test(segment))) return null
  return segments.length === 0 ? join(root, 'index.html') : join(root, ...segments)
}

/** The existing file that a page's address stands for, really below `root` with symbolic links followed; else null. */
export function findPageFile(root: string, pathname: string): string | null {
  const path = resolvePagePath(root, pathname)
  if (path === null) return null
  try {
    const inside = realpathSync(path).startsWith(realpathSync(root) + sep)
    return inside && statSync(path).isFile() ? path : null
  } catch {
    return null
  }
}
