import { register } from 'node:module'

/** `node --import` this file, and `import ... from 'electron'` finds the stand-in. */
register('./resolve-hook.mjs', import.meta.url)
