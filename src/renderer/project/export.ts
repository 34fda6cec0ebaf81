import { ask } from '../bridge/connection.ts'
import { useConnection } from '../bridge/key.ts'
import { useDialogs } from '../stores/dialogs.ts'

function download(name: string, data: Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([data]))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser reads the data after the click's task is over.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/**
 * Hands data to the host's save dialog, or to the browser's download where the host has none.
 * @returns a function that makes the data, and shows a failure instead of throwing
 */
export function useExport(): (name: string, make: () => Promise<Uint8Array<ArrayBuffer>>) => Promise<void> {
  const { bridge } = useConnection()
  const dialogs = useDialogs()
  return async (name, make) => {
    try {
      const data = await make()
      const answer = await ask(bridge, 'export.save', { suggestedName: name, data })
      if (answer.kind === 'download') download(name, data)
    } catch (error) {
      await dialogs.showFailure('The export failed', error)
    }
  }
}
