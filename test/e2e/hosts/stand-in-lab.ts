import type { ChildProcess } from 'node:child_process'
import { fork, spawn } from 'node:child_process'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import type { Browser, Page } from '@playwright/test'
import type { DesktopLab } from './desktop-lab.ts'
import { collectOutput, printed, stop } from './program.ts'
import { ROOT } from './root.ts'

interface Message {
  readonly id?: number
  readonly kind?: string
  readonly value?: unknown
  readonly error?: string
}

/** A call to the stand-in, answered by its control.mjs. */
class Control {
  readonly #child: ChildProcess
  readonly seen: Message[] = []
  #lastId = 0

  constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (message: Message) => this.seen.push(message))
  }

  async ask(kind: string, value: unknown = null): Promise<unknown> {
    this.#lastId += 1
    const id = this.#lastId
    this.#child.send({ id, kind, value })
    for (;;) {
      const answer = this.seen.find((message) => message.id === id)
      if (answer?.error !== undefined) throw new Error(answer.error)
      if (answer !== undefined) return answer.value
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

async function labPage(browser: Browser, host: ChildProcess, output: () => string): Promise<Page> {
  for (;;) {
    const page = browser
      .contexts()
      .flatMap((context) => context.pages())
      .find((each) => each.url().startsWith('https://lab.invalid'))
    if (page !== undefined) return page
    if (host.exitCode !== null) throw new Error(`the main process ended:\n${output()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export interface StandInLab extends DesktopLab {
  ask(kind: string): Promise<unknown>
  /** Everything that the stand-in told unasked, of one kind. */
  told(kind: string): unknown[]
}

/** Runs the built main process and preload script on the stand-in, in a Chromium of its own. */
export async function startStandIn(tempDir: string, executablePath: string): Promise<StandInLab> {
  const flags = [
    '--headless=new',
    '--remote-debugging-port=0',
    '--no-first-run',
    `--user-data-dir=${join(tempDir, 'chromium')}`,
  ]
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const chrome = spawn(executablePath, [...flags, ...sandbox, '--window-size=1280,800', 'about:blank'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const endpoint = await printed(chrome, collectOutput(chrome), /DevTools listening on (ws:\S+)/)

  const register = new URL('../electron/register.mjs', import.meta.url).href
  const host = fork(join(ROOT, 'out/main/index.js'), {
    execArgv: ['--import', register],
    env: { ...process.env, STAND_IN_CDP: endpoint, STAND_IN_USER_DATA: tempDir },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const output = collectOutput(host)
  const control = new Control(host)
  const browser = await chromium.connectOverCDP(endpoint)
  const page = await labPage(browser, host, output)

  return {
    page,
    ask: (kind) => control.ask(kind),
    told: (kind) => control.seen.filter((message) => message.kind === kind).map((message) => message.value),
    answerDialog: async (path) => void (await control.ask('answer', path)),
    chooseMenu: async (id) => void (await control.ask('menu', id)),
    close: async () => {
      const ended = new Promise((resolve) => host.once('exit', resolve))
      if (host.exitCode === null) {
        await Promise.race([control.ask('close'), ended])
        await ended
      }
      await browser.close()
      await stop(chrome)
      if (host.exitCode !== 0)
        throw new Error(`the main process ended with code ${host.exitCode}:\n${output()}`)
    },
  }
}
