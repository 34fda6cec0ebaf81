import type { Answer, Channel, Failure, Handlers } from '../../shared/ipc/contract.ts'
import { INPUTS } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import { formatPlace } from '../../shared/json-text.ts'

/** One call, by name, with an input that nobody has checked yet; never rejects. */
export type Dispatch = (channel: string, input: unknown) => Promise<Answer<unknown>>

export const CHANNELS = Object.keys(INPUTS) as Channel[]

function isChannel(name: string): name is Channel {
  return Object.hasOwn(INPUTS, name)
}

const failed = (error: Failure): Answer<never> => ({ ok: false, error })

async function call<C extends Channel>(
  handlers: Handlers,
  channel: C,
  input: unknown,
): Promise<Answer<unknown>> {
  const parsed = INPUTS[channel].safeParse(input)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const place = formatPlace([channel, ...(issue?.path ?? [])])
    return failed({
      code: 'bad-request',
      place,
      message: issue?.message ?? 'is not valid',
      remedy: 'This is a fault of the page; reload it.',
    })
  }
  const handler = handlers[channel] as (checked: unknown) => Promise<unknown>
  return { ok: true, value: await handler(parsed.data) }
}

/**
 * The choke point that both hosts share: checks the input against the contract, calls the handler, and turns whatever
 * happens into an answer.
 * @param report told of errors that no handler foresaw
 */
export function createDispatch(handlers: Handlers, report: (error: unknown) => void): Dispatch {
  return async (channel, input) => {
    if (!isChannel(channel)) {
      return failed({
        code: 'bad-request',
        place: channel,
        message: 'is not a call of this program',
        remedy: 'This is a fault of the page; reload it.',
      })
    }
    try {
      return await call(handlers, channel, input)
    } catch (error) {
      if (error instanceof FailureError) return failed(error.failure)
      report(error)
      const message = error instanceof Error ? error.message : String(error)
      return failed({
        code: 'internal',
        place: channel,
        message,
        remedy: 'This is a fault of the program. Save your work and start it again.',
      })
    }
  }
}
