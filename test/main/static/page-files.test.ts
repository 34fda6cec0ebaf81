import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { contentType, resolvePagePath } from '../../../src/main/static/page-files.ts'

const root = join('/', 'page')

describe('resolvePagePath', () => {
  it.each([
    ['/', 'index.html'],
    ['', 'index.html'],
    ['/assets/a%20b.js', join('assets', 'a b.js')],
    ['//assets//x.css', join('assets', 'x.css')],
  ])('takes "%s" for %s', (pathname, file) => {
    expect(resolvePagePath(root, pathname)).toBe(join(root, file))
  })

  it.each([
    '/../secret',
    '/a/../../secret',
    '/%2e%2e/secret',
    '/%2e%2e%2fsecret',
    '/..%5csecret',
    '/c%3a/secret',
    '/a%00.js',
    '/%zz',
    '/./a',
  ])('takes "%s" for nothing', (pathname) => {
    expect(resolvePagePath(root, pathname)).toBeNull()
  })
})

describe('contentType', () => {
  it('knows what a page is made of', () => {
    expect(['a.html', 'a.JS', 'a.svg', 'a.woff2', 'a.unknown'].map(contentType)).toEqual([
      'text/html; charset=utf-8',
      'text/javascript; charset=utf-8',
      'image/svg+xml',
      'font/woff2',
      'application/octet-stream',
    ])
  })
})
