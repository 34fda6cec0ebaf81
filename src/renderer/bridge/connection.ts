import type { Channel, Input, LabBridge, Outputs } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'

export type ConnectionState = 'connecting' | 'open' | 'closed'

/** A host, and whether it can be reached now. */
export interface LabConnection {
  readonly bridge: LabBridge
  /** Tells the present state at once and every later change. @returns a function that ends the subscription. */
  onState(listener: (state: ConnectionState) => void): () => void
  /** Tries again at once to reach a host that was lost. */
  reconnect(): void
}

/** Electron's main process: there as long as the window is. */
export function localConnection(bridge: LabBridge): LabConnection {
  return {
    bridge,
    onState: (listener) => {
      listener('open')
      return () => undefined
    },
    reconnect: () => undefined,
  }
}

/**
 * Asks the host and unwraps its answer.
 * @throws FailureError with the host's own failure
 */
export async function ask<C extends Channel>(
  bridge: LabBridge,
  channel: C,
  input: Input<C>,
): Promise<Outputs[C]> {
  const answer = await bridge.invoke(channel, input)
  if (!answer.ok) throw new FailureError(answer.error)
  return answer.value
}
