import type {
  Answer,
  Channel,
  EventName,
  Failure,
  HostEvents,
  Input,
  LabBridge,
  Outputs,
} from '../../src/shared/ipc/contract.ts'
import { FailureError } from '../../src/shared/ipc/failure.ts'
import { localConnection } from '../../src/renderer/bridge/connection.ts'
import type { LabConnection } from '../../src/renderer/bridge/connection.ts'

type Reply<C extends Channel> = (input: Input<C>) => Outputs[C] | Promise<Outputs[C]>
export type Replies = { [C in Channel]?: Reply<C> }

/** A host for tests: answers by `replies`, remembers calls, and tells events when asked to. */
export interface FakeHost {
  readonly connection: LabConnection
  readonly calls: { readonly channel: Channel; readonly input: unknown }[]
  tell<E extends EventName>(event: E, payload: HostEvents[E]): void
  inputsOf(channel: Channel): unknown[]
}

/** Makes a reply fail as a host does. */
export function failWith(failure: Failure): () => never {
  return () => {
    throw new FailureError(failure)
  }
}

const usual: Replies = {
  'app.info': () => ({ name: 'dmalab', version: '9.9.9', host: 'browser' }),
  'examples.list': () => [],
  'recent.list': () => [],
  'traces.list': () => [],
}

export function fakeHost(replies: Replies = {}): FakeHost {
  const calls: FakeHost['calls'] = []
  const listeners = new Map<EventName, Set<(payload: never) => void>>()
  const bridge: LabBridge = {
    async invoke<C extends Channel>(channel: C, input: Input<C>): Promise<Answer<Outputs[C]>> {
      calls.push({ channel, input: structuredClone(input) })
      const reply = replies[channel] ?? usual[channel]
      try {
        if (reply === undefined)
          throw new FailureError({ code: 'internal', message: `the fake host has no ${channel}` })
        return { ok: true, value: await reply(input) }
      } catch (error) {
        if (error instanceof FailureError) return { ok: false, error: error.failure }
        throw error
      }
    },
    on(event, listener) {
      const set = listeners.get(event) ?? new Set()
      listeners.set(event, set)
      set.add(listener)
      return () => set.delete(listener)
    },
  }
  return {
    connection: localConnection(bridge),
    calls,
    tell: (event, payload) => listeners.get(event)?.forEach((listener) => listener(payload as never)),
    inputsOf: (channel) => calls.filter((call) => call.channel === channel).map((call) => call.input),
  }
}
