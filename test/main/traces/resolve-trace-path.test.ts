import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resolveTracePath } from '../../../src/main/traces/resolve-trace-path.ts'
import { FailureError } from '../../../src/shared/ipc/failure.ts'
import type { Failure } from '../../../src/shared/ipc/contract.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dmalab-resolve-'))
  mkdirSync(join(folder, 'traces'))
  for (const name of ['traces/a.iolog.gz', 'traces/index.json', 'own.csv', 'secret.gz'])
    writeFileSync(join(folder, name), '')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function failure(file: string, projectDir: string | null): Failure {
  try {
    resolveTracePath(file, projectDir, folder)
  } catch (error) {
    if (error instanceof FailureError) return error.failure
    throw error
  }
  throw new Error(`resolved ${file}`)
}

describe('resolveTracePath', () => {
  it('finds built-in, relative and absolute traces', () => {
    expect(resolveTracePath('builtin:a.iolog.gz', null, folder)).toBe(join(folder, 'traces', 'a.iolog.gz'))
    expect(resolveTracePath('own.csv', folder, '/nowhere')).toBe(join(folder, 'own.csv'))
    expect(resolveTracePath('../own.csv', join(folder, 'traces'), '/nowhere')).toBe(join(folder, 'own.csv'))
    expect(resolveTracePath(join(folder, 'own.csv'), null, '/nowhere')).toBe(join(folder, 'own.csv'))
  })

  it.each([
    'builtin:b.gz',
    'builtin:',
    'builtin:../secret.gz',
    'builtin:..\\secret.gz',
    'builtin:/etc/passwd',
    'builtin:index.json',
  ])('has no trace %s, and names those there are', (file) => {
    expect(failure(file, folder)).toMatchObject({
      code: 'not-found',
      remedy: 'Use one of: builtin:a.iolog.gz.',
    })
  })

  it('refuses a relative path while the project has no folder', () => {
    expect(failure('own.csv', null)).toMatchObject({
      code: 'bad-project',
      remedy: expect.stringContaining('Save the project') as string,
    })
  })

  it('names a file that does not exist', () => {
    expect(failure('gone.csv', folder)).toMatchObject({ code: 'not-found', place: join(folder, 'gone.csv') })
    expect(failure('nul\0byte', folder).code).toBe('not-found')
  })
})
