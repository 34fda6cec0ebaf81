import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { collectOutput, printed, stop } from './program.ts'
import { ROOT } from './root.ts'

export interface RunningServer {
  readonly url: string
  /** The folder whose projects the page sees. */
  readonly folder: string
  close(): Promise<void>
}

/** Starts the built `dmalab serve` as a user does, and takes the address that it prints. */
export async function startServer(tempDir: string): Promise<RunningServer> {
  const folder = join(tempDir, 'projects')
  await mkdir(folder, { recursive: true })
  const args = [join(ROOT, 'bin/dmalab.mjs'), 'serve', '--port', '0', '--dir', folder]
  const env = { ...process.env, DMALAB_USER_DATA: join(tempDir, 'user-data') }
  const child = spawn(process.execPath, args, { cwd: tempDir, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const url = await printed(child, collectOutput(child), /(http:\/\/127\.0\.0\.1:\d+\/\?token=\S+)/)
  return { url, folder, close: () => stop(child) }
}
