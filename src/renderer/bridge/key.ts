import { inject } from 'vue'
import type { InjectionKey } from 'vue'
import type { LabConnection } from './connection.ts'

export const connectionKey: InjectionKey<LabConnection> = Symbol('lab connection')

/** The host of the app that this component or store belongs to. */
export function useConnection(): LabConnection {
  const connection = inject(connectionKey)
  if (connection === undefined) throw new Error('The app has no connection to a host.')
  return connection
}
