import type { Channel, EventName } from '../shared/ipc/contract.ts'

/**
 * The names of the contract, written out: the preload script must stay one small file, and importing the schemas would
 * pull their library into it. The types make a missing or surplus name an error.
 */
export const CHANNELS: Readonly<Record<Channel, true>> = {
  'app.info': true,
  'examples.list': true,
  'examples.open': true,
  'traces.list': true,
  'files.pick': true,
  'files.choose': true,
  'recent.list': true,
  'project.open': true,
  'project.save': true,
  'export.save': true,
  'costs.open': true,
  'run.start': true,
  'run.check': true,
  'run.cancel': true,
}

export const EVENTS: Readonly<Record<EventName, true>> = {
  'run.progress': true,
  'run.result': true,
  'run.ended': true,
  'menu.command': true,
}
