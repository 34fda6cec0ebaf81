import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './ensure-built.mjs'
import { getChromium } from './get-chromium.mjs'

/** `npm test`: every check, cheapest first; the first that fails ends it. */

const npx = (name, ...args) => [process.execPath, [join(ROOT, 'node_modules', ...name.split('/')), ...args]]

const STEPS = [
  ['lint', ...npx('eslint/bin/eslint.js', '.')],
  [
    'import rule',
    ...npx('dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.cjs', 'src'),
  ],
  ['format', ...npx('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.')],
  ['types', ...npx('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.node.json')],
  ['types of the renderer', ...npx('vue-tsc/bin/vue-tsc.js', '--noEmit', '-p', 'tsconfig.web.json')],
  ['build', ...npx('electron-vite/bin/electron-vite.js', 'build', '--logLevel', 'warn')],
  ['unit tests', ...npx('vitest/vitest.mjs', 'run')],
  [
    'conformance',
    process.execPath,
    [join(ROOT, 'bin/dmalab.mjs'), 'conformance', 'test/conformance/vectors'],
  ],
]

function step(name, command, args, env = {}) {
  console.log(`\n== ${name}`)
  const started = Date.now()
  const { status } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  console.log(status === 0 ? `== ${name}: passed in ${seconds} s` : `== ${name}: FAILED after ${seconds} s`)
  return status === 0
}

async function endToEnd() {
  const chromium = await getChromium()
  if (chromium !== null)
    return step('end-to-end tests', ...npx('@playwright/test/cli.js', 'test'), { DMALAB_CHROMIUM: chromium })
  console.log(
    '\n== end-to-end tests: LEFT OUT. They need a Chromium, and none could be installed. Install Chromium or Chrome, or run ' +
      '"npx playwright install --with-deps chromium", or set DMALAB_CHROMIUM to its path, and run "npm test" again.',
  )
  return true
}

const passed = STEPS.every((each) => step(...each)) && (await endToEnd())
process.exitCode = passed ? 0 : 1
