import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chromiumCandidates } from '../../scripts/find-chromium.mjs'

describe('chromiumCandidates', () => {
  it('puts the named one first, this computer’s next, Playwright’s last', () => {
    const env = { DMALAB_CHROMIUM: '/mine', PATH: ['/a', '', '/b'].join(delimiter) }
    const found = chromiumCandidates(env, 'linux', '/playwright')
    expect(found.slice(0, 3)).toEqual(['/mine', join('/a', 'chromium'), join('/b', 'chromium')])
    expect(found).toContain(join('/b', 'google-chrome'))
    expect(found.at(-1)).toBe('/playwright')
  })

  it('knows the usual places of a Mac', () => {
    expect(chromiumCandidates({}, 'darwin')).toContain(
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    )
  })
})
