/** The test's hold on the stand-in: what a person would do with native dialogs and menus. */

const answers = []
const handlers = new Map()

/** The next answer that the test has prepared for a native dialog; a dialog nobody expects is cancelled. */
export function nextAnswer() {
  return answers.shift() ?? null
}

export function onControl(kind, handler) {
  handlers.set(kind, handler)
}

export function tell(kind, value) {
  process.send?.({ kind, value })
}

onControl('answer', (path) => void answers.push(path))

process.on('message', async ({ id, kind, value }) => {
  try {
    process.send?.({ id, value: await handlers.get(kind)(value) })
  } catch (error) {
    process.send?.({ id, error: String(error) })
  }
})
// The test ended without saying so.
process.on('disconnect', () => process.exit(0))
