import type { RunProgress } from '../main/runs/drive-run.ts'
import type { RunSpec } from '../shared/lab.ts'

/** One line on a terminal that is written over and over; nothing where the stream is not a terminal. */
export class ProgressLine {
  private readonly stream: NodeJS.WriteStream
  private readonly runs: number

  constructor(stream: NodeJS.WriteStream, runs: number) {
    this.stream = stream
    this.runs = runs
  }

  /** A run of those that run one after another. */
  show(index: number, spec: RunSpec, progress: RunProgress): void {
    this.showRun(`run ${index + 1} of ${this.runs}`, spec, progress)
  }

  /** One of those that run now, after `done` others have ended. */
  showOneOf(done: number, spec: RunSpec, progress: RunProgress): void {
    this.showRun(`${done} of ${this.runs} runs done`, spec, progress)
  }

  clear(): void {
    if (this.stream.isTTY) this.write('')
  }

  private showRun(which: string, spec: RunSpec, progress: RunProgress): void {
    if (!this.stream.isTTY) return
    const percent = String(Math.floor(progress.fraction * 100)).padStart(3)
    const speed = Math.round((progress.requestsDone * 1000) / Math.max(1, progress.wallMs))
    const text = `${which}: ${spec.scenario.name}, ${spec.path} ${percent}%  ${progress.requestsDone} requests, ${speed}/s`
    this.write(text.slice(0, this.stream.columns - 1))
  }

  private write(text: string): void {
    this.stream.write(`\r\u001b[K${text}`)
  }
}
