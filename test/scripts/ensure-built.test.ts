import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { isStale } from '../../scripts/ensure-built.mjs'
import { tempFolder } from '../main/temp-folder.ts'

const root = tempFolder()
const SOURCES = [
  'src/main/index.ts',
  'src/renderer/views/Lab.vue',
  'resources/costs/p3smp.json',
  'package.json',
  'electron.vite.config.ts',
  'tsconfig.base.json',
]
const PRODUCTS = [
  'out/main/index.js',
  'out/main/cli.js',
  'out/main/run-worker.js',
  'out/preload/index.cjs',
  'out/renderer/index.html',
]

function write(file: string, seconds: number): void {
  const path = join(root, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '')
  utimesSync(path, seconds, seconds)
  for (let folder = dirname(path); folder !== root; folder = dirname(folder)) utimesSync(folder, 1000, 1000)
}

beforeEach(() => {
  for (const file of SOURCES) write(file, 1000)
  for (const file of PRODUCTS) write(file, 2000)
})

describe('isStale', () => {
  it('is false for a build that is newer than all it is made from', () => {
    expect(isStale(root)).toBe(false)
  })

  it.each(SOURCES)('sees a change of %s', (file) => {
    write(file, 3000)
    expect(isStale(root)).toBe(true)
  })

  it.each(PRODUCTS)('sees that %s is missing or older', (file) => {
    write(file, 500)
    expect(isStale(root)).toBe(true)
    rmSync(join(root, file))
    expect(isStale(root)).toBe(true)
  })

  it('sees a removed source by its folder', () => {
    utimesSync(join(root, 'src/main'), 3000, 3000)
    expect(isStale(root)).toBe(true)
  })

  it('does not ask for sources that an installation does not have', () => {
    rmSync(join(root, 'src'), { recursive: true })
    expect(isStale(root)).toBe(false)
  })
})
