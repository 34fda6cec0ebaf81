import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ioFailure } from '../main/handlers/io-failure.ts'
import { RENDERER_DIR, RESOURCES_DIR } from '../main/package-root.ts'
import { serveLab } from '../main/server/serve-lab.ts'

/** `dmalab serve`: prints the address and serves until it is interrupted. */
export async function serve(options: { readonly port: number; readonly dir: string }): Promise<void> {
  const folder = resolve(options.dir)
  try {
    await mkdir(folder, { recursive: true })
  } catch (error) {
    throw ioFailure(error, folder, 'cannot be made')
  }
  const lab = await serveLab({
    port: options.port,
    folder,
    resourcesDir: RESOURCES_DIR,
    rendererDir: RENDERER_DIR,
  })
  process.stdout.write(`DMA Lab is at ${lab.url}\nProjects are kept in ${folder}. Ctrl+C ends it.\n`)
  await new Promise<void>((end) => {
    process.once('SIGINT', () => end())
    process.once('SIGTERM', () => end())
  })
  await lab.close()
}
