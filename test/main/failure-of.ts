import type { Failure } from '../../src/shared/ipc/contract.ts'
import { FailureError } from '../../src/shared/ipc/failure.ts'

/** The failure that a call ends with; anything else is a failed test. */
export async function failureOf(call: () => unknown): Promise<Failure> {
  try {
    await call()
  } catch (error) {
    if (error instanceof FailureError) return error.failure
    throw error
  }
  throw new Error('the call was expected to fail')
}
