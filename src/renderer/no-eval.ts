import { z } from 'zod'

/** Stops zod from compiling validators with `new Function`, which the page's policy forbids; must load before any schema. */
z.config({ jitless: true })
