import type { AppInfo, EventName, ExportAnswer, FolderEntry, HostEvents } from '../../shared/ipc/contract.ts'
import type { FileGrants } from './file-grants.ts'
import type { ProjectFiles } from './project-files.ts'
import type { RecentFiles } from './recent-files.ts'

export type Purpose = 'open' | 'save'

/** A path from the host's dialog, or the listing from which the page's own dialog lets the user choose. */
export type HostPick =
  | {
      readonly kind: 'picked'
      readonly path: string
      /** The dialog has asked about an existing file. */ readonly replaceAgreed: boolean
    }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'ask'; readonly folder: string; readonly entries: readonly FolderEntry[] }

export type Emit = <E extends EventName>(event: E, payload: HostEvents[E]) => void

/** What differs between Electron and the browser host. */
export interface Host {
  readonly info: AppInfo
  pickFile(purpose: Purpose, suggestedName: string | undefined): Promise<HostPick>
  /**
   * A name typed or clicked in the page's own dialog, as a path.
   * @throws FailureError `refused` where the host has a dialog of its own, `bad-request` for a name that is not a file name
   */
  choosePath(name: string): string
  /** Whether a recent file may be offered; the browser host offers its own folder only. */
  offersRecent(path: string): boolean
  saveExport(suggestedName: string, data: Uint8Array): Promise<ExportAnswer>
}

/** What all windows or pages of one process share. */
export interface LabFiles {
  readonly resourcesDir: string
  readonly grants: FileGrants
  readonly projects: ProjectFiles
  readonly recent: RecentFiles
}
