import type { Handlers } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import type { Host } from './host.ts'

/** Charts and tables leave the lab as files; the page draws them, the host stores them. */
export function exportHandlers(host: Host): Pick<Handlers, 'export.save'> {
  return {
    'export.save': ({ suggestedName, data }) => {
      if (/[/\\]/.test(suggestedName)) {
        throw new FailureError({
          code: 'bad-request',
          place: 'suggestedName',
          message: 'is not a plain file name',
          remedy: 'Leave out slashes.',
        })
      }
      return host.saveExport(suggestedName, data)
    },
  }
}
