import { nextAnswer, onControl, tell } from './control.mjs'

/** Native dialogs and menus: recorded, and answered by the test. */

const optionsOf = (args) => args.at(-1)

export const dialog = {
  async showOpenDialog(...args) {
    tell('dialog', { method: 'showOpenDialog', options: optionsOf(args) })
    const path = nextAnswer()
    return { canceled: path === null, filePaths: path === null ? [] : [path] }
  },
  async showSaveDialog(...args) {
    tell('dialog', { method: 'showSaveDialog', options: optionsOf(args) })
    const path = nextAnswer()
    return { canceled: path === null, filePath: path ?? '' }
  },
  showMessageBoxSync: () => 0,
}

let menu = []

export const Menu = {
  buildFromTemplate: (template) => template,
  setApplicationMenu: (template) => (menu = template),
}

const itemsOf = (template) => template.flatMap((item) => [item, ...itemsOf(item.submenu ?? [])])

onControl('menu', (id) => {
  const item = itemsOf(menu).find((each) => each.id === id)
  if (item === undefined) throw new Error(`no menu item ${id}`)
  item.click()
})
