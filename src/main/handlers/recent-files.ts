import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'

const MOST = 10
const zRecent = z.array(z.string().min(1))

/** The projects opened or saved last, newest first, kept in the user's data folder. A missing or broken list is an empty one. */
export class RecentFiles {
  readonly #file: string

  constructor(userDataDir: string) {
    this.#file = join(userDataDir, 'recent.json')
  }

  /** Paths that still exist. */
  async list(): Promise<string[]> {
    return (await this.#read()).filter((path) => existsSync(path))
  }

  /** A list that cannot be written is not worth an error: the project itself is safe. */
  async add(path: string): Promise<void> {
    const paths = [path, ...(await this.#read()).filter((each) => each !== path)].slice(0, MOST)
    try {
      await mkdir(join(this.#file, '..'), { recursive: true })
      await writeFileAtomic(this.#file, `${JSON.stringify(paths, null, 2)}\n`)
    } catch {
      return
    }
  }

  async #read(): Promise<string[]> {
    try {
      return zRecent.parse(JSON.parse(await readFile(this.#file, 'utf8')))
    } catch {
      return []
    }
  }
}
