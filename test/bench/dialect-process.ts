import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { BusDmaDialectName } from '../../src/sim/kernel/busdma/dialects/names.ts'
import { LOAD_CASES, loadOperation } from './busdma-loads.ts'
import type { Operation } from './operation.ts'
import { countFor, elapsedNs } from './timing.ts'

/** Asks for one round of a load case. */
interface RoundWanted {
  readonly loadCase: number
  readonly roundMs: number
}

/**
 * A process that measures the loads of one dialect, as a run of the lab has one: the compiler specialises the calls that all
 * dialects share on the types that it saw, so a process that had run several would measure none as it runs.
 */
export class DialectProcess {
  readonly dialect: BusDmaDialectName
  private readonly child: ChildProcess

  /** Starts this benchmark once more; it calls `serveDialect` where `--dialect` names one. */
  constructor(dialect: BusDmaDialectName) {
    this.dialect = dialect
    this.child = fork(process.argv[1]!, ['--dialect', dialect])
  }

  /** ns of one load, callback and unload of LOAD_CASES[loadCase], over one round. @throws when the process ends */
  async round(loadCase: number, roundMs: number): Promise<number> {
    const wanted: RoundWanted = { loadCase, roundMs }
    this.child.send(wanted)
    const ended = new AbortController()
    const { signal } = ended
    try {
      const [ns] = await Promise.race([
        once(this.child, 'message', { signal }) as Promise<[number]>,
        once(this.child, 'exit', { signal }).then(([status]) => {
          throw new Error(`the process of ${this.dialect} ended with status ${status}`)
        }),
      ])
      return ns
    } finally {
      ended.abort()
    }
  }

  end(): void {
    if (this.child.connected) this.child.disconnect()
  }
}

/** Answers requests for rounds with their times, until the process that asks lets go. The first of a case warms it up. */
export function serveDialect(dialect: BusDmaDialectName): void {
  const warm = new Map<number, { operation: Operation; count: number }>()
  process.on('message', ({ loadCase, roundMs }: RoundWanted) => {
    let measured = warm.get(loadCase)
    if (measured === undefined) {
      const operation = loadOperation(dialect, LOAD_CASES[loadCase]!)
      measured = { operation, count: countFor(operation, roundMs) }
      warm.set(loadCase, measured)
    }
    const { operation, count } = measured
    process.send!(elapsedNs(operation, count) / count)
  })
}
