#!/usr/bin/env node
import { ensureBuilt } from '../scripts/ensure-built.mjs'

if (ensureBuilt()) await import('../out/main/cli.js')
else process.exitCode = 1
