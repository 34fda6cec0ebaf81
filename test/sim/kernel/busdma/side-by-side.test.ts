import { describe, expect, it } from 'vitest'
import { answerOf, columns, rows } from './side-by-side.ts'

describe('the dialects side by side', () => {
  for (const row of rows) {
    it.each(Object.entries(columns))(`${row.name}: %s`, (name, column) => {
      expect(answerOf(row, column)).toBe(row.answers[name] ?? row.answers['*'])
    })
  }
})
