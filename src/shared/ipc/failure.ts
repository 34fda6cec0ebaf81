import type { Failure } from './contract.ts'

/** A failure on its way to the caller of a handler, or out of the project parser. */
export class FailureError extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.name = 'FailureError'
    this.failure = failure
  }
}

/** One paragraph for a terminal or a dialog: what, where, remedy. */
export function describeFailure(failure: Failure): string {
  const place = failure.place === undefined ? '' : `${failure.place}: `
  const remedy = failure.remedy === undefined ? '' : `\n  ${failure.remedy}`
  return `${place}${failure.message}${remedy}`
}
