import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { Failure, FolderEntry } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import type { CostFile } from '../../shared/profiles/cost.ts'

export type UnsavedAnswer = 'save' | 'discard' | 'cancel'

interface FileQuestion {
  readonly purpose: 'open' | 'save'
  readonly folder: string
  readonly entries: readonly FolderEntry[]
  readonly suggestedName: string
}

/** A question to the user, and where its answer goes. */
export type Dialog =
  | { readonly kind: 'unsaved'; readonly title: string; readonly answer: (value: UnsavedAnswer) => void }
  | { readonly kind: 'replace'; readonly fileName: string; readonly answer: (value: boolean) => void }
  | {
      readonly kind: 'failure'
      readonly heading: string
      readonly failure: Failure
      readonly answer: (value: undefined) => void
    }
  | { readonly kind: 'costs'; readonly file: CostFile; readonly answer: (value: undefined) => void }
  | ({ readonly kind: 'file'; readonly answer: (value: string | null) => void } & FileQuestion)

/** The failure that an error stands for; an unexpected error becomes `internal`. */
export function failureOf(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure
  return {
    code: 'internal',
    message: error instanceof Error ? error.message : String(error),
    remedy: 'This is a fault of the lab. Save the project, and start the lab again.',
  }
}

/** Dialogs wait in a queue and are shown one at a time. */
export const useDialogs = defineStore('dialogs', () => {
  const queue = shallowRef<readonly Dialog[]>([])
  const current = computed(() => queue.value[0])

  function show<T>(make: (answer: (value: T) => void) => Dialog): Promise<T> {
    return new Promise((resolve) => {
      const dialog = make((value) => {
        queue.value = queue.value.filter((each) => each !== dialog)
        resolve(value)
      })
      queue.value = [...queue.value, dialog]
    })
  }

  return {
    current,
    askUnsaved: (title: string) => show<UnsavedAnswer>((answer) => ({ kind: 'unsaved', title, answer })),
    askReplace: (fileName: string) => show<boolean>((answer) => ({ kind: 'replace', fileName, answer })),
    askFile: (question: FileQuestion) =>
      show<string | null>((answer) => ({ kind: 'file', answer, ...question })),
    showCosts: (file: CostFile) => show<undefined>((answer) => ({ kind: 'costs', file, answer })),
    showFailure: (heading: string, error: unknown) =>
      show<undefined>((answer) => ({ kind: 'failure', heading, failure: failureOf(error), answer })),
  }
})
