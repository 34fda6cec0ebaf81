/** `content`: the trace itself is wrong. `settings`: the trace is sound but does not fit the project's settings. */
export type TraceFault = 'content' | 'settings'

/** Why a trace was refused: the line (from 1), what is wrong with it, and what to do. */
export class TraceError extends Error {
  readonly line: number
  readonly remedy: string
  readonly fault: TraceFault

  constructor(line: number, message: string, remedy: string, fault: TraceFault = 'content') {
    super(message)
    this.name = 'TraceError'
    this.line = line
    this.remedy = remedy
    this.fault = fault
  }
}

const MOST_QUOTED = 60

/** A piece of the trace for use in a message: quoted, control characters replaced, and not longer than a message can bear. */
export function quote(text: string): string {
  const short = text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}...` : text
  return `"${Array.from(short, (char) => (char < ' ' || char === '\x7f' ? '?' : char)).join('')}"`
}
