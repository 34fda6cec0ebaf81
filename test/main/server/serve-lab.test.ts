import { mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { ServedLab } from '../../../src/main/server/serve-lab.ts'
import { serveLab } from '../../../src/main/server/serve-lab.ts'
import { CONTENT_SECURITY_POLICY } from '../../../src/shared/csp.ts'
import type { HostFrame } from '../../../src/shared/ipc/wire.ts'
import { decodeHostFrame, encodeFrame } from '../../../src/shared/ipc/wire.ts'
import { failureOf } from '../failure-of.ts'
import { fakeWorker } from '../runs/fake-worker.ts'
import { smallProject } from '../small-project.ts'
import { tempFolder } from '../temp-folder.ts'

const root = tempFolder()
const rendererDir = join(root, 'renderer')
const folder = join(root, 'folder')
let lab: ServedLab
let url: URL

beforeAll(async () => {
  mkdirSync(join(rendererDir, 'assets'), { recursive: true })
  mkdirSync(folder)
  writeFileSync(join(rendererDir, 'index.html'), '<p>page')
  writeFileSync(join(rendererDir, 'assets', 'a.js'), 'let a')
  writeFileSync(join(root, 'secret.txt'), 'secret')
  const workerFile = fakeWorker(
    root,
    `post({ kind: 'result', result: { scenario: 'base' }, series: { ipis: Float64Array.of(1.5, 2) } })`,
  )
  lab = await serveLab({
    port: 0,
    folder,
    resourcesDir: root,
    rendererDir,
    userDataDir: join(root, 'data'),
    workerFile,
  })
  url = new URL(lab.url)
})
afterAll(() => lab.close())

/** Sends a path as it is; fetch would resolve `..` first. */
function get(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; policy: unknown }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: url.port, path, headers }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text,
          policy: response.headers['content-security-policy'],
        }),
      )
    })
    sent.on('error', reject).end()
  })
}

describe('pages', () => {
  it('serves the page to whoever has the token', async () => {
    expect(await get(`/${url.search}`)).toEqual({
      status: 200,
      text: '<p>page',
      policy: CONTENT_SECURITY_POLICY,
    })
  })

  it.each(['/', '/?token=', '/?token=wrong', '/index.html'])('refuses %s', async (path) => {
    const answer = await get(path)
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('token')])
  })

  it('serves what the page is made of', async () => {
    expect(await get('/assets/a.js')).toMatchObject({ status: 200, text: 'let a' })
  })

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/assets',
    '/none',
    '/ipc',
  ])('answers 404 to %s', async (path) => {
    expect((await get(path)).status).toBe(404)
  })

  it('answers only under its own name, so that no foreign name can be pointed at it', async () => {
    expect((await get(`/${url.search}`, { host: `evil.example:${url.port}` })).status).toBe(403)
    expect((await get(`/${url.search}`, { host: `localhost:${url.port}` })).status).toBe(200)
  })

  it('listens on this computer only', async () => {
    const reached = await new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.2', port: Number(url.port) }, () => resolve(true)).on(
        'error',
        () => resolve(false),
      )
      socket.unref()
    })
    expect(reached).toBe(false)
  })
})

function open(search = url.search, origin = url.origin): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${url.host}/ipc${search}`, { origin })
    socket.on('open', () => resolve(socket)).on('error', reject)
  })
}

function frames(socket: WebSocket): (wanted: (frame: HostFrame) => boolean) => Promise<HostFrame> {
  const seen: HostFrame[] = []
  socket.on('message', (data: Buffer) => seen.push(decodeHostFrame(data)))
  return async (wanted) => {
    for (;;) {
      const found = seen.find(wanted)
      if (found !== undefined) return found
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

async function ask(socket: WebSocket, channel: string, input: unknown): Promise<unknown> {
  const id = Math.floor(Math.random() * 1e9)
  const next = frames(socket)
  socket.send(encodeFrame({ id, channel, input }))
  const frame = await next((each) => 'id' in each && each.id === id)
  return 'answer' in frame ? frame.answer : undefined
}

describe('calls', () => {
  it.each([
    ['without a token', '', undefined],
    ['with a wrong token', '?token=wrong', undefined],
    ['of a foreign page', undefined, 'http://evil.example'],
    ['of another port', undefined, 'http://127.0.0.1:1'],
  ])('are refused %s', async (_what, search, origin) => {
    await expect(open(search, origin)).rejects.toThrow('403')
  })

  it('are answered', async () => {
    const socket = await open()
    expect(await ask(socket, 'app.info', {})).toMatchObject({ ok: true, value: { host: 'browser' } })
    expect(await ask(socket, 'no.such', {})).toMatchObject({ ok: false, error: { code: 'bad-request' } })
    expect(await ask(socket, 'app.info', { surplus: 1 })).toMatchObject({
      ok: false,
      error: { code: 'bad-request' },
    })
    expect(await ask(socket, 'export.save', { suggestedName: 'a.png', data: new Uint8Array([1]) })).toEqual({
      ok: true,
      value: { kind: 'download' },
    })
    socket.close()
  })

  it('save and open a file of the folder, from one page to the next', async () => {
    const first = await open()
    const chosen = (await ask(first, 'files.choose', { purpose: 'save', name: 'mine' })) as {
      value: { token: string }
    }
    const saved = await ask(first, 'project.save', {
      token: chosen.value.token,
      project: { ...smallProject('Mine') },
      overwrite: false,
    })
    expect(saved).toMatchObject({ ok: true, value: { fileName: 'mine.dmalab' } })
    first.close()
    const second = await open()
    expect(await ask(second, 'project.open', { token: chosen.value.token })).toMatchObject({
      ok: true,
      value: { project: { title: 'Mine' } },
    })
    expect(await ask(second, 'files.pick', { purpose: 'open' })).toMatchObject({
      ok: true,
      value: { kind: 'ask', entries: [{ name: 'mine.dmalab' }] },
    })
    expect(await ask(second, 'files.choose', { purpose: 'open', name: '../secret' })).toMatchObject({
      ok: false,
      error: { code: 'bad-request' },
    })
    second.close()
  })

  it('bring series as typed arrays', async () => {
    const socket = await open()
    const next = frames(socket)
    const started = await ask(socket, 'run.start', {
      project: { ...smallProject() },
      token: null,
      seed: 1,
      runs: [{ scenario: 'base', path: 'direct' }],
    })
    expect(started).toMatchObject({ ok: true })
    const result = await next((frame) => 'event' in frame && frame.event === 'run.result')
    expect(result).toMatchObject({ payload: { series: { ipis: Float64Array.of(1.5, 2) } } })
    expect(await next((frame) => 'event' in frame && frame.event === 'run.ended')).toMatchObject({
      payload: { status: 'done' },
    })
    socket.close()
  })

  it.each([
    ['noise', Buffer.from([0xc1, 0xff])],
    ['a list', Buffer.from([0x90])],
    ['text', 'hello'],
  ])('end when the page sends %s, and the server lives on', async (_what, data) => {
    const socket = await open()
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.send(data)
    expect(await closed).toBe(1002)
    expect((await get(`/${url.search}`)).status).toBe(200)
  })
})

describe('serveLab', () => {
  it('says which port is taken', async () => {
    const again = await failureOf(() =>
      serveLab({ port: Number(url.port), folder, resourcesDir: root, rendererDir }),
    )
    expect(again.message).toBe(`Port ${url.port} is in use`)
  })
})
