import { z } from 'zod'
import type { RunResult, RunSeries } from '../../sim/lab/metrics.ts'
import { RUN_PATHS } from '../../sim/lab/scenario.ts'
import type { CostFile } from '../profiles/cost.ts'
import type { Project } from '../project/schema.ts'

/**
 * Everything the renderer may ask of its host and everything the host may tell it. Electron's preload and the browser
 * host's WebSocket carry the same calls; each input is checked against its schema before a handler sees it.
 */

/** Closed list of failures that a call can answer with. */
export const ERROR_CODES = [
  'bad-request',
  'bad-project',
  'not-found',
  'io-error',
  'run-failed',
  'refused',
  'internal',
] as const
export type ErrorCode = (typeof ERROR_CODES)[number]

/** What went wrong, where, and what to do about it. */
export interface Failure {
  readonly code: ErrorCode
  readonly message: string
  /** File, and place in it (`machines[0].cpus`, `line 12`). */
  readonly place?: string
  readonly remedy?: string
}

export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Failure }

export interface AppInfo {
  readonly name: string
  readonly version: string
  readonly host: 'electron' | 'browser'
}

/** `validation`: an experiment of `dmalab validate`. */
export type ExampleGroup = 'example' | 'validation'

export interface ExampleInfo {
  readonly id: string
  readonly group: ExampleGroup
  readonly title: string
  readonly question: string
  readonly scenarios: readonly string[]
}

export interface TraceInfo {
  /** The value for a trace workload's `file`. */
  readonly file: string
  readonly description: string
}

/** A project in the editor. `token` stands for its file at the host; null until it is saved. */
export interface OpenedProject {
  readonly project: Project
  readonly token: string | null
  readonly fileName: string | null
  /** Something the user should know, for instance that the file was migrated. */
  readonly notice?: string
}

export interface FolderEntry {
  readonly name: string
  readonly modifiedMs: number
}

/** Electron shows its own dialog (`picked` or `cancelled`); the browser host answers `ask`, and the page asks with its own. */
export type PickAnswer =
  | { readonly kind: 'picked'; readonly token: string; readonly fileName: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'ask'; readonly folder: string; readonly entries: readonly FolderEntry[] }

/** `download`: the host has no dialog and the page lets the browser download the data. */
export type ExportAnswer =
  | { readonly kind: 'saved'; readonly fileName: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'download' }

const zProject = z.looseObject({})
const zToken = z.string().min(1).max(4096)
const zFileName = z.string().min(1).max(200)
const zRuns = z
  .array(z.strictObject({ scenario: z.string().min(1).max(80), path: z.enum(RUN_PATHS) }))
  .min(1)
  .max(1000)

/** Input schema of every call. `project` is checked by the project parser, which gives better messages. */
export const INPUTS = {
  'app.info': z.strictObject({}),
  'examples.list': z.strictObject({}),
  'examples.open': z.strictObject({ id: z.string().min(1).max(200) }),
  'traces.list': z.strictObject({}),
  /** `suggestedName` is what a save dialog starts with. */
  'files.pick': z.strictObject({ purpose: z.enum(['open', 'save']), suggestedName: zFileName.optional() }),
  /** The page's own dialog of the browser host: a name in the host's folder becomes a token. */
  'files.choose': z.strictObject({ purpose: z.enum(['open', 'save']), name: zFileName }),
  'recent.list': z.strictObject({}),
  'project.open': z.strictObject({ token: zToken }),
  /** `overwrite` false: refuse when the file exists and is not the one that was opened. */
  'project.save': z.strictObject({ token: zToken, project: zProject, overwrite: z.boolean() }),
  'export.save': z.strictObject({ suggestedName: zFileName, data: z.instanceof(Uint8Array) }),
  /** `costs` as a machine names it; a path is relative to the project file that `token` stands for. */
  'costs.open': z.strictObject({ costs: z.string().min(1).max(1024), token: zToken.nullable() }),
  'run.start': z.strictObject({
    project: zProject,
    /** Token of the project's file, against which relative trace paths are resolved. */
    token: zToken.nullable(),
    seed: z.int().min(0).max(0xffffffff),
    runs: zRuns,
  }),
  /** Whether runs could be started, as far as that shows without starting them. */
  'run.check': z.strictObject({ project: zProject, runs: zRuns }),
  'run.cancel': z.strictObject({ batch: z.string().min(1).max(100) }),
} as const

export type Channel = keyof typeof INPUTS
export type Input<C extends Channel> = z.infer<(typeof INPUTS)[C]>

/** What each call answers when it succeeds. */
export interface Outputs {
  'app.info': AppInfo
  'examples.list': readonly ExampleInfo[]
  'examples.open': OpenedProject
  'traces.list': readonly TraceInfo[]
  'files.pick': PickAnswer
  'files.choose': PickAnswer
  'recent.list': readonly { readonly token: string; readonly fileName: string; readonly folder: string }[]
  'project.open': OpenedProject
  'project.save': { readonly token: string; readonly fileName: string }
  'export.save': ExportAnswer
  'costs.open': CostFile
  'run.start': { readonly batch: string }
  /** What keeps them from running, each once. */
  'run.check': readonly Failure[]
  'run.cancel': { readonly cancelled: boolean }
}

/** What the host tells the page unasked. Progress arrives at most 20 times a second per run. */
export interface HostEvents {
  'run.progress': {
    readonly batch: string
    /** Index into the `runs` of run.start. */
    readonly index: number
    readonly scenario: string
    readonly path: string
    readonly requestsDone: number
    /** Null while the length of the trace is not known. */
    readonly requestsTotal: number | null
    /** 0 to 1 over this run: by requests, or by bytes of the trace read. */
    readonly fraction: number
    readonly simulatedNs: number
    readonly wallMs: number
  }
  'run.result': {
    readonly batch: string
    readonly index: number
    readonly result: RunResult
    readonly series: RunSeries
  }
  'run.ended': {
    readonly batch: string
    readonly status: 'done' | 'cancelled' | 'failed'
    readonly error?: Failure
  }
  /** A menu item of the host's native menu was chosen; `command` is one of the page's command ids. */
  'menu.command': { readonly command: string }
}
export type EventName = keyof HostEvents
export const EVENT_NAMES = [
  'run.progress',
  'run.result',
  'run.ended',
  'menu.command',
] as const satisfies readonly EventName[]

/** The one object that the page talks to: `window.dmalab` under Electron, a WebSocket client in a browser. */
export interface LabBridge {
  invoke<C extends Channel>(channel: C, input: Input<C>): Promise<Answer<Outputs[C]>>
  /** @returns a function that ends the subscription. */
  on<E extends EventName>(event: E, listener: (payload: HostEvents[E]) => void): () => void
}

/** One asynchronous function per call; throws FailureError (see failure.ts) to answer with an error. */
export type Handlers = { readonly [C in Channel]: (input: Input<C>) => Promise<Outputs[C]> }
