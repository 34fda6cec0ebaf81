/** The engine's words that every process uses: names of results and of I/O paths. No engine code passes through here. */
export { HOST_METRICS, LAYERS, METRICS, MSF_EVENTS, MSF_LAYERS } from '../sim/lab/metrics.ts'
export type {
  CpuTreeNode,
  Layer,
  Metrics,
  MsfByLayer,
  ResultFile,
  RunResult,
  RunSeries,
  RunViolation,
} from '../sim/lab/metrics.ts'
export { IO_PATHS, LOOP_NAMES, LOOP_PATH, RUN_PATHS, runPathsOf, USUAL_PATHS } from '../sim/lab/scenario.ts'
export type { IoPath, LoopName, RunPath, RunSpec } from '../sim/lab/scenario.ts'
