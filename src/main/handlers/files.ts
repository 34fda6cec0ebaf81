import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Handlers, PickAnswer } from '../../shared/ipc/contract.ts'
import type { Host, LabFiles } from './host.ts'
import { fingerprint } from './project-files.ts'

/** What a file holds now, so that replacing it can be agreed to; null when there is none to read. */
async function presentContent(path: string): Promise<string | null> {
  try {
    return fingerprint(await readFile(path))
  } catch {
    return null
  }
}

/** Choosing, opening and saving project files. */
export function fileHandlers(
  host: Host,
  files: LabFiles,
): Pick<Handlers, 'files.pick' | 'files.choose' | 'recent.list' | 'project.open' | 'project.save'> {
  const { grants, projects, recent } = files
  const picked = (path: string, seen: string | null): PickAnswer => ({
    kind: 'picked',
    token: grants.grant(path, seen),
    fileName: basename(path),
  })

  return {
    'files.pick': async ({ purpose, suggestedName }) => {
      const pick = await host.pickFile(purpose, suggestedName)
      if (pick.kind !== 'picked') return pick
      return picked(pick.path, pick.replaceAgreed ? await presentContent(pick.path) : null)
    },
    'files.choose': ({ name }) => Promise.resolve().then(() => picked(host.choosePath(name), null)),
    'recent.list': async () => {
      const paths = (await recent.list()).filter((path) => host.offersRecent(path))
      return paths.map((path) => ({
        token: grants.grant(path),
        fileName: basename(path),
        folder: dirname(path),
      }))
    },
    'project.open': async ({ token }) => {
      const opened = await projects.open(token)
      await recent.add(grants.get(token).path)
      return opened
    },
    'project.save': async ({ token, project, overwrite }) => {
      const fileName = await projects.save(token, project, overwrite)
      await recent.add(grants.get(token).path)
      return { token, fileName }
    },
  }
}
