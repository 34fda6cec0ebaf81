import { FileGrants } from './file-grants.ts'
import type { LabFiles } from './host.ts'
import { ProjectFiles } from './project-files.ts'
import { RecentFiles } from './recent-files.ts'

export function createLabFiles(dirs: {
  readonly resourcesDir: string
  readonly userDataDir: string
}): LabFiles {
  const grants = new FileGrants()
  return {
    resourcesDir: dirs.resourcesDir,
    grants,
    projects: new ProjectFiles(grants),
    recent: new RecentFiles(dirs.userDataDir),
  }
}
