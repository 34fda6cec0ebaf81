import type { IpcMain, IpcMainInvokeEvent } from 'electron'
import type { Answer } from '../../shared/ipc/contract.ts'
import type { Dispatch } from './dispatch.ts'
import { CHANNELS } from './dispatch.ts'
import { isTrustedFrame } from './trusted-page.ts'

const REFUSED: Answer<never> = {
  ok: false,
  error: { code: 'refused', message: 'Only the page of DMA Lab may call this program' },
}

/**
 * Registers every call of the contract with Electron, and refuses callers other than the top frame of a trusted origin.
 * @param trustedOrigins `app://lab`, and the development server's while developing
 */
export function setupRegistrar(
  ipcMain: Pick<IpcMain, 'handle'>,
  dispatch: Dispatch,
  trustedOrigins: readonly string[],
): void {
  for (const channel of CHANNELS) {
    ipcMain.handle(channel, async (event: IpcMainInvokeEvent, input: unknown): Promise<Answer<unknown>> => {
      const frame = event.senderFrame
      const sender = frame === null ? null : { url: frame.url, isTop: frame.parent === null }
      return isTrustedFrame(sender, trustedOrigins) ? await dispatch(channel, input) : REFUSED
    })
  }
}
