import { setFlagsFromString } from 'node:v8'

/** What V8 may inline into one function, in bytes of bytecode. Its own figures are 920 and 4600. */
export interface Inlining {
  readonly cumulative: number
  /** With small functions, which do not count otherwise. */
  readonly absolute: number
}

/** More takes longer to compile, and the code that has to fit the objects of many runs is no faster for it. */
const MODEST: Inlining = { cumulative: 2000, absolute: 4600 }
/** A request passes through about two hundred functions, most of them small. With still more, compiling takes longer than it saves. */
const WIDE: Inlining = { cumulative: 7000, absolute: 7000 }

/** Requests from which it saves about what it takes, 0.6 s, to compile with more inlined. */
const WORTH_COMPILING_MORE = 1_000_000

/**
 * @param requests of a run, infinite when nobody knows
 * @param first whether it is the first of its thread, whose objects V8 compiles for (ADR 13)
 */
export function inliningFor(requests: number, first: boolean): Inlining {
  return first && requests >= WORTH_COMPILING_MORE ? WIDE : MODEST
}

/** Whether a run has begun in this thread. */
let begun = false

/**
 * Lets the compiler inline what suits a run that begins in this thread; if several threads begin runs, the last one counts. Runs have
 * the same results whatever is inlined.
 * @param requests of the run, infinite when nobody knows
 */
export function setCompilerBudget(requests: number): void {
  const { cumulative, absolute } = inliningFor(requests, !begun)
  begun = true
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${cumulative}`)
  setFlagsFromString(`--max-inlined-bytecode-size-absolute=${absolute}`)
  // Of one callee, and of one that counts as small; 460 and 27 unless told.
  setFlagsFromString('--max-inlined-bytecode-size=1000')
  setFlagsFromString('--max-inlined-bytecode-size-small=60')
}
